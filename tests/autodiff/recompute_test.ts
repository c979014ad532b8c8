import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Builder, dimsOf } from "../../src/autodiff/builder.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import { bytesOf, forwardPart } from "../../src/autodiff/recompute/forward_part.ts";
import { recompute } from "../../src/autodiff/recompute/recompute.ts";
import { segmentsOf } from "../../src/autodiff/recompute/segments.ts";
import { Graph, type Value } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

const LAYERS = 16;

/** tanh(w·x) again and again, and the gradient of the sum by w `[8]`. */
function chain() {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const g = new Builder(graph);
  const x = graph.addInput("x", "float32", [4, 8]);
  const w = graph.addInput("w", "float32", [8]);
  let y: Value = x;
  for (let at = 0; at < LAYERS; at++) y = g.unary("Tanh", g.mul(y, w));
  const loss = g.reduceSum(y, [0, 1], false);
  const gradient = gradients(g, loss, [w]).get(w)!;
  graph.outputs.push(loss, gradient);
  return { g, graph, loss, gradient };
}

const isData = (input: Value) => input.name === "x";

/** Bytes of what the backward pass reads of the first pass. */
function storedBytes(graph: Graph, loss: Value): number {
  const { nodes, order } = forwardPart(graph, [loss], isData);
  const read = order.flatMap((node) => node.outputs as Value[]).filter((value) =>
    [...value.consumers].some((node) => !nodes.has(node))
  );
  return read.reduce((sum, value) => sum + bytesOf(value)!, 0);
}

async function run(graph: Graph, declared: readonly Value[] = []): Promise<Tensor[]> {
  const session = await cpu.session(encodeGraph(graph, { declared }));
  const random = rng(0);
  const feeds = Object.fromEntries(graph.inputs.map((input) => {
    const dims = dimsOf(input);
    const size = dims.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: size }, () => random.uniform() + 0.5);
    return [input.name, tensor("float32", dims, data)];
  }));
  const results = await session.run(feeds);
  await session.release();
  return graph.outputs.map((output) => results[output.name]!);
}

Deno.test("segmentsOf() cuts a chain of n layers into about √n segments", () => {
  const { graph, loss } = chain();
  const { count } = segmentsOf(graph, forwardPart(graph, [loss], isData));
  assert(count >= 3 && count <= 8, `${count} segments`);
});

Deno.test("recompute() keeps a part of the first pass and gives the same numbers", async () => {
  const normal = chain();
  const low = chain();
  const declared = recompute(low.g, { results: [low.loss.name], parameters: ["w"] });
  const [before, after] = [
    storedBytes(normal.graph, normal.loss),
    storedBytes(low.graph, low.loss),
  ];
  assert(after < 0.6 * before, `${after} of ${before} bytes`);
  const [expected, found] = [await run(normal.graph), await run(low.graph, declared)];
  assertEquals(found[0]!.data, expected[0]!.data);
  expected[1]!.data.forEach((value, i) =>
    assertAlmostEquals(Number(found[1]!.data[i]), Number(value), 1e-6)
  );
});

Deno.test("recompute() makes each repeated segment wait for the gradient that comes to it", () => {
  const { g, graph, loss } = chain();
  const views = recompute(g, { results: [loss.name], parameters: ["w"] });
  assert(views.length > 0);
  for (const view of views) {
    const shape = view.producer!.inputs[1]!;
    const { nodes } = forwardPart(graph, [shape], () => true);
    assert([...nodes].some((node) => node.opType === "Size"), `${view.name} waits for nothing`);
  }
});

Deno.test("recompute() does not run random operators twice", () => {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const g = new Builder(graph);
  const w = graph.addInput("w", "float32", [8]);
  let y = graph.addInput("x", "float32", [4, 8]);
  for (let at = 0; at < LAYERS; at++) {
    const noise = graph.add("RandomNormalLike", [y]).outputs[0]!;
    [noise.type, noise.shape] = ["float32", [4, 8]];
    y = g.unary("Tanh", g.mul(g.mul(y, noise), w));
  }
  const loss = g.reduceSum(y, [0, 1], false);
  graph.outputs.push(loss, gradients(g, loss, [w]).get(w)!);
  recompute(g, { results: [loss.name], parameters: ["w"] });
  const random = [...graph.nodes].filter((node) => node.opType === "RandomNormalLike");
  assertEquals(random.length, LAYERS);
});
