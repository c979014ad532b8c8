import { assert, assertEquals } from "@std/assert";
import { glyphNet } from "../../models/glyph_net.ts";
import type { Graph } from "../../src/onnx/graph.ts";
import { foldBatchNorm } from "../../src/onnx/passes/fold_batch_norm.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const random = rng(0, "fold");
const x = tensor("float32", [2, 3, 32, 32], Array.from({ length: 6144 }, () => random.normal()));

/** A network whose statistics are not those of a new one. */
function network(): Graph {
  const graph = glyphNet({ seed: 1 }).graph.clone();
  for (const node of graph.nodes) {
    if (node.opType !== "BatchNormalization") continue;
    node.inputs.slice(1).forEach((value, at) => {
      const { dims } = value!.constant!;
      const drawn = Array.from(
        { length: dims[0]! },
        () => random.uniform() + (at === 0 ? 0.5 : 0.1),
      );
      value!.constant = tensor("float32", dims, drawn);
    });
  }
  return graph;
}

async function answers(graph: Graph): Promise<number[]> {
  const session = await cpu.session(encodeGraph(graph), { optimise: false });
  const { fc } = await session.run({ x });
  await session.release();
  return [...fc!.data].map(Number);
}

function count(graph: Graph, operator: string): number {
  return [...graph.nodes].filter(({ opType }) => opType === operator).length;
}

Deno.test("foldBatchNorm() leaves no normalisation behind a convolution and the same answers", async () => {
  const graph = network();
  const before = await answers(graph);
  foldBatchNorm(graph);
  assertEquals([count(graph, "BatchNormalization"), count(graph, "Conv")], [0, 7]);
  const after = await answers(graph);
  const largest = Math.max(...before.map(Math.abs));
  assert(before.every((one, at) => Math.abs(one - after[at]!) < 1e-5 * largest));
});

Deno.test("foldBatchNorm() leaves a convolution alone that something else reads", () => {
  const graph = network();
  const stem = [...graph.nodes].find(({ name }) => name === "stem.conv")!;
  graph.outputs.push(stem.outputs[0]!);
  foldBatchNorm(graph);
  assertEquals([count(graph, "BatchNormalization"), stem.inputs.length], [1, 2]);
});

Deno.test("foldBatchNorm() gives each of two readers of one weight its own", async () => {
  const graph = network();
  const inner = [...graph.nodes].find(({ name }) => name === "stage1.inner.conv")!;
  const stem = [...graph.nodes].find(({ name }) => name === "stage2.down.conv")!;
  const shared = graph.addConstant(
    "shared",
    tensor("float32", [48, 48, 3, 3], Array.from({ length: 20736 }, () => 0.1 * random.normal())),
  );
  graph.setInput(inner, 1, shared);
  assertEquals(stem.inputs[1]!.constant!.dims, [96, 48, 3, 3]);
  const twin = graph.add("Conv", [inner.inputs[0], shared], {
    name: "twin",
    outputs: ["twin"],
    attributes: Object.fromEntries(inner.attributes),
  });
  graph.outputs.push(twin.outputs[0]!);
  const before = await answers(graph);
  foldBatchNorm(graph);
  assertEquals(twin.inputs[1]!.name, "shared");
  assert(inner.inputs[1] !== twin.inputs[1]);
  const after = await answers(graph);
  assert(before.every((one, at) => Math.abs(one - after[at]!) < 1e-4 * Math.abs(one) + 1e-4));
});
