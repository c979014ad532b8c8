import { assert, assertEquals } from "@std/assert";
import { Builder } from "../../../src/autodiff/builder.ts";
import { gradients } from "../../../src/autodiff/gradients.ts";
import { ints } from "../../../src/onnx/attribute.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import { poolBeforeRelu } from "../../../src/onnx/passes/pool_before_relu.ts";
import { inferShapes } from "../../../src/runtime/static_graph.ts";
import { randoms, run } from "./running.ts";

const SHAPE = [2, 3, 9, 9];

/** y = MaxPool(Relu(x)) of 3×3 windows that overlap, and what else reads the numbers between. */
function pooled(between: "nothing" | "output" | "indices"): Graph {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "float32", SHAPE);
  const [r] = graph.add("Relu", [x], { outputs: ["r"] }).outputs;
  const attributes = {
    kernel_shape: ints([3, 3]),
    strides: ints([2, 2]),
    pads: ints([1, 1, 1, 1]),
  };
  const pool = graph.add("MaxPool", [r], {
    outputs: between === "indices" ? ["y", "i"] : ["y"],
    attributes,
  });
  graph.outputs.push(pool.outputs[0]!);
  if (between === "output") graph.outputs.push(r!);
  if (between === "indices") graph.outputs.push(pool.outputs[1]!);
  for (const value of [r!, pool.outputs[0]!]) value.type = "float32";
  if (between === "indices") pool.outputs[1]!.type = "int64";
  return graph;
}

const order = (graph: Graph) => graph.sorted().map(({ opType }) => opType);

Deno.test("poolBeforeRelu() keeps numbers and gradients, ties and windows without a positive number too", async () => {
  // In steps of a half, so that many are equal, and mostly negative.
  const x = randoms(SHAPE);
  x.data.forEach((number, at) => x.data[at] = Math.round(2 * number - 1) / 2);
  const weights = randoms([2, 3, 5, 5], 1);
  const results = [];
  for (const exchanged of [false, true]) {
    const graph = pooled("nothing");
    if (exchanged) poolBeforeRelu(graph);
    assertEquals(order(graph), exchanged ? ["MaxPool", "Relu"] : ["Relu", "MaxPool"]);
    assertEquals(graph.outputs.map(({ name }) => name), ["y"]);
    await inferShapes(graph);
    const g = new Builder(graph);
    const [y] = graph.outputs;
    const weighted = g.mul(y!, graph.addConstant("weights", weights));
    const loss = g.reduceSum(weighted, [0, 1, 2, 3], false);
    const gradient = gradients(g, loss, [graph.inputs[0]!]).get(graph.inputs[0]!)!;
    graph.outputs.push(gradient);
    const found = await run(graph, { x });
    results.push([found.y!.data, found[gradient.name]!.data]);
  }
  assertEquals(results[1], results[0]);
  assert(results[0]![0]!.some((y) => y === 0) && results[0]![0]!.some((y) => y > 0));
});

for (const between of ["output", "indices"] as const) {
  Deno.test(`poolBeforeRelu() leaves alone what is read between (${between})`, () => {
    const graph = pooled(between);
    poolBeforeRelu(graph);
    assertEquals(order(graph), ["Relu", "MaxPool"]);
  });
}
