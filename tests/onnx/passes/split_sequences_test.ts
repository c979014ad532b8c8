import { assertEquals } from "@std/assert";
import { int } from "../../../src/onnx/attribute.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import { splitSequences } from "../../../src/onnx/passes/split_sequences.ts";
import { int64s, type Tensor } from "../../../src/tensor/tensor.ts";
import { assertSame, randoms, run } from "./running.ts";

/** The second and the last part of `[2, 5, 3]` along an axis. */
function parts(split: Tensor, axis: number, last = -1): Graph {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const inputs = [graph.addInput("x", "float32", [2, 5, 3]), graph.addConstant("split", split)];
  const [sequence] = graph.add("SplitToSequence", inputs, { attributes: { axis: int(axis) } })
    .outputs;
  for (const [name, at] of [["second", 1], ["last", last]] as const) {
    const index = graph.addConstant(`${name}_at`, int64s([at], []));
    const [part] = graph.add("SequenceAt", [sequence, index], { outputs: [name] }).outputs;
    part!.type = "float32";
    graph.outputs.push(part!);
  }
  return graph;
}

const SPLITS: Readonly<Record<string, () => Graph>> = {
  "parts of one size and a smaller one": () => parts(int64s([2], []), 1),
  "parts as listed": () => parts(int64s([1, 4]), -2),
  "parts of size 1": () => parts(int64s([1], []), 2, 0),
};

for (const [name, make] of Object.entries(SPLITS)) {
  Deno.test(`splitSequences() gives the same ${name}`, async () => {
    const [before, graph] = [make(), make()];
    assertEquals(splitSequences(graph), true);
    assertEquals([...graph.nodes].map(({ opType }) => opType), ["Split", "Identity", "Identity"]);
    const feeds = { x: randoms([2, 5, 3]) };
    assertSame(await run(graph, feeds), await run(before, feeds));
  });
}

Deno.test("splitSequences() leaves a sequence that is read as a whole", () => {
  const graph = parts(int64s([2], []), 1);
  const sequence = [...graph.nodes][0]!.outputs[0]!;
  graph.outputs.push(graph.add("SequenceLength", [sequence]).outputs[0]!);
  assertEquals(splitSequences(graph), false);
  assertEquals([...graph.nodes][0]!.opType, "SplitToSequence");
});
