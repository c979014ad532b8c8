import { assertEquals } from "@std/assert";

import { int, ints } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { unitAxis } from "../../src/onnx/unit_axis.ts";
import { tensor } from "../../src/tensor/tensor.ts";

/** The unit axis of a weight of these sizes that is read by some nodes, one after another. */
function axisOf(
  dims: readonly number[],
  build: (
    graph: Graph,
    w: ReturnType<Graph["addConstant"]>,
    x: ReturnType<Graph["addInput"]>,
  ) => void,
) {
  const graph = new Graph();
  const size = dims.reduce((product, one) => product * one, 1);
  const w = graph.addConstant("w", tensor("float32", dims, new Float32Array(size)));
  build(graph, w, graph.addInput("x", "float32", ["N", 3]));
  return unitAxis(w);
}

Deno.test("the units of a weight lie along the axis of the layer's outputs", () => {
  assertEquals(axisOf([4, 3, 2, 2], (g, w, x) => g.add("Conv", [x, w])), 0);
  assertEquals(axisOf([3, 4, 2, 2], (g, w, x) => g.add("ConvTranspose", [x, w])), 1);
  assertEquals(axisOf([3, 4], (g, w, x) => g.add("MatMul", [x, w])), 1);
  assertEquals(axisOf([4, 3], (g, w, x) => g.add("MatMul", [w, x])), 0);
  assertEquals(axisOf([3, 4], (g, w, x) => g.add("Gemm", [x, w])), 1);
  const attributes = { transB: int(1) };
  assertEquals(axisOf([4, 3], (g, w, x) => g.add("Gemm", [x, w], { attributes })), 0);
  assertEquals(axisOf([9, 4], (g, w, x) => g.add("Gather", [w, x])), 0);
  assertEquals(axisOf([4], (g, w, x) => g.add("Add", [x, w])), undefined);
});

Deno.test("a weight that is turned on its way has its units turned as well", () => {
  const turned = (perm: number[]) =>
    axisOf([4, 3], (g, w, x) => {
      const { outputs } = g.add("Transpose", [w], { attributes: { perm: ints(perm) } });
      g.add("MatMul", [x, outputs[0]!]);
    });
  assertEquals([turned([1, 0]), turned([0, 1])], [0, 1]);
});
