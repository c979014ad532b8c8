import { assertEquals, assertThrows } from "@std/assert";
import { Builder } from "../../src/autodiff/builder.ts";
import { gradients, NotDifferentiableError } from "../../src/autodiff/gradients.ts";
import { float, int, ints, string } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";

const positive = (x: number) => Math.abs(x) + 0.5;
/** Away from 0, and from ±1, ±3. */
const awayFromKinks = (x: number) => Math.sign(x) * (0.2 + 0.3 * Math.abs(x)) + 0.05;
const image = [2, 4, 7, 6];
const integers = (...values: number[]) => int64s(values);

const CASES: readonly Case[] = [
  ...["Add", "Sub", "Mul"].map((op) => ({ op, inputs: [[2, 3, 4], [3, 1]] })),
  { op: "Div", inputs: [[2, 3], [1, 3]], domain: positive },
  { op: "Pow", inputs: [[2, 3], [3]], domain: positive },
  { op: "Sum", inputs: [[2, 3], [3], [2, 1]] },
  ...["Neg", "Sigmoid", "Tanh", "Exp", "Erf", "Softplus"].map((op) => ({ op, inputs: [[3, 4]] })),
  ...["Log", "Sqrt", "Reciprocal"].map((op) => ({ op, inputs: [[3, 4]], domain: positive })),
  ...["Relu", "LeakyRelu", "Abs", "HardSigmoid", "HardSwish"].map((op) => ({
    op,
    inputs: [[3, 4]],
    domain: awayFromKinks,
  })),
  { op: "PRelu", inputs: [[2, 3, 4], [3, 1]], domain: awayFromKinks },
  { op: "Softmax", inputs: [[2, 5]], attributes: { axis: int(1) } },
  { op: "LogSoftmax", inputs: [[2, 5, 2]], attributes: { axis: int(1) } },
  { op: "MatMul", inputs: [[2, 3, 4], [4, 5]] },
  { op: "MatMul", inputs: [[4], [2, 4, 5]] },
  { op: "MatMul", inputs: [[2, 1, 3, 4], [3, 4, 2]] },
  { op: "MatMul", inputs: [[3, 4], [4]] },
  { op: "Gemm", inputs: [[3, 4], [5, 4], [5]], attributes: { transB: int(1), alpha: float(0.5) } },
  { op: "Gemm", inputs: [[4, 3], [4, 5], [3, 1]], attributes: { transA: int(1), beta: float(2) } },
  { op: "Conv", inputs: [image, [6, 4, 3, 3], [6]], attributes: { pads: ints([1, 1, 1, 1]) } },
  {
    op: "Conv",
    inputs: [image, [6, 2, 3, 2]],
    attributes: { group: int(2), strides: ints([2, 1]), pads: ints([0, 1, 2, 0]) },
  },
  {
    op: "Conv",
    inputs: [image, [4, 1, 3, 3]],
    attributes: { group: int(4), pads: ints([1, 1, 1, 1]), strides: ints([2, 2]) },
  },
  {
    op: "Conv",
    inputs: [image, [3, 4, 2, 3]],
    attributes: { dilations: ints([2, 2]), auto_pad: string("SAME_UPPER") },
  },
  { op: "Conv", inputs: [[2, 3, 9], [4, 3, 3]], attributes: { strides: ints([2]) } },
  { op: "Conv", inputs: [[1, 2, 4, 5, 4], [3, 2, 2, 3, 2]] },
  { op: "Conv", inputs: [[2, 3, 20, 20], [2, 3, 7, 7]], attributes: { strides: ints([2, 2]) } },
  {
    op: "ConvTranspose",
    inputs: [[2, 4, 3, 4], [4, 3, 3, 3], [6]],
    attributes: {
      group: int(2),
      strides: ints([2, 2]),
      pads: ints([1, 0, 1, 1]),
      output_padding: ints([1, 0]),
    },
  },
  {
    op: "MaxPool",
    inputs: [image],
    attributes: { kernel_shape: ints([3, 2]), strides: ints([2, 2]), pads: ints([1, 0, 1, 1]) },
  },
  {
    op: "AveragePool",
    inputs: [image],
    attributes: { kernel_shape: ints([3, 3]), strides: ints([2, 1]), pads: ints([1, 1, 1, 1]) },
  },
  {
    op: "AveragePool",
    inputs: [image],
    attributes: {
      kernel_shape: ints([3, 3]),
      pads: ints([1, 1, 1, 1]),
      count_include_pad: int(1),
    },
  },
  {
    op: "AveragePool",
    inputs: [image],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
  },
  { op: "GlobalAveragePool", inputs: [image] },
  ...[1, 2, 3].map((p) => ({ op: "GlobalLpPool", inputs: [image], attributes: { p: int(p) } })),
  ...[1, 2, 3].map((p) => ({
    op: "LpPool",
    inputs: [image],
    attributes: { p: int(p), kernel_shape: ints([3, 2]), strides: ints([2, 1]) },
    domain: positive,
  })),
  {
    op: "MaxUnpool",
    inputs: [[1, 1, 2, 2], int64s([1, 6, 8, 15], [1, 1, 2, 2])],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
  },
  ...["bij,bjk->bik", "ij,kj->ik", "i,j->ij", "bij->bi", "ij,ij", "bij,bkj,k->bi"].map((text) => ({
    op: "Einsum",
    inputs: text.split("->")[0]!.split(",").map((term) =>
      [...term].map((letter) => ({ b: 2, i: 3, j: 4, k: 5 })[letter]!)
    ),
    attributes: { equation: string(text) },
  })),
  ...[[0, 0], [1, 0], [0, 1], [1, 1]].map(([a, b]) => ({
    op: "FusedMatMul",
    space: "com.microsoft",
    inputs: [a === 1 ? [2, 4, 3] : [2, 3, 4], b === 1 ? [5, 4] : [4, 5]],
    attributes: { transA: int(a!), transB: int(b!), alpha: float(0.5) },
  })),
  ...["Relu", "Sigmoid", "Tanh"].map((activation) => ({
    op: "FusedConv",
    space: "com.microsoft",
    inputs: [[2, 3, 5, 5], [4, 3, 3, 3], [4], [2, 4, 3, 3]],
    attributes: { activation: string(activation) },
  })),
  {
    op: "FusedGemm",
    space: "com.microsoft",
    inputs: [[3, 4], [4, 5], [5]],
    attributes: { activation: string("LeakyRelu"), activation_alpha: float(0.1) },
  },
  { op: "GlobalMaxPool", inputs: [image] },
  {
    op: "BatchNormalization",
    inputs: [image, [4], [4], tensor("float32", [4], [0.1, 0, -0.2, 0.3]), ones(4)],
  },
  { op: "LayerNormalization", inputs: [[2, 3, 5], [5], [5]] },
  { op: "LRN", inputs: [image], attributes: { size: int(3), alpha: float(0.5) } },
  { op: "Concat", inputs: [[2, 3], [2, 1], [2, 2]], attributes: { axis: int(-1) } },
  { op: "Split", inputs: [[2, 5], integers(2, 3)], attributes: { axis: int(1) }, outputs: 2 },
  {
    op: "Slice",
    inputs: [[4, 6], integers(-1, 0), integers(-9, 6), integers(0, 1), integers(-2, 2)],
  },
  { op: "Pad", inputs: [[2, 3], integers(0, 1, 1, -1)] },
  { op: "Pad", inputs: [[2, 4], integers(0, 2, 0, 1)], attributes: { mode: string("reflect") } },
  { op: "Pad", inputs: [[2, 4], integers(1, 2, 0, 1)], attributes: { mode: string("edge") } },
  { op: "Reshape", inputs: [[2, 6], integers(3, -1)] },
  { op: "Flatten", inputs: [[2, 3, 2]] },
  { op: "Transpose", inputs: [[2, 3, 4]], attributes: { perm: ints([2, 0, 1]) } },
  { op: "Squeeze", inputs: [[2, 1, 3], integers(1)] },
  { op: "Unsqueeze", inputs: [[2, 3], integers(0, -1)] },
  { op: "Expand", inputs: [[2, 1, 3], integers(2, 4, 3)] },
  { op: "Gather", inputs: [[4, 3], integers(1, 1, -1)] },
  { op: "ReduceMean", inputs: [[2, 3, 4], integers(0, 2)] },
  { op: "ReduceSum", inputs: [[2, 3, 4], integers(-1)], attributes: { keepdims: int(0) } },
  { op: "Where", inputs: [tensor("bool", [2, 1], [1, 0]), [2, 3], [3]] },
  { op: "Clip", inputs: [[3, 4], scalar(-0.4), scalar(0.5)] },
];

function ones(size: number): Tensor {
  return tensor("float32", [size], new Float32Array(size).fill(1));
}

function scalar(value: number): Tensor {
  return tensor("float32", [], [value]);
}

checkGradients(CASES);

Deno.test("gradients() names every operator without a rule at once", () => {
  const graph = new Graph();
  const x = graph.addInput("x", "float32", [2]);
  const a = graph.add("Compress", [x], { name: "first" }).outputs[0]!;
  const b = graph.add("Range", [a], { name: "second" }).outputs[0]!;
  for (const value of [a, b]) [value.type, value.shape] = ["float32", []];
  const error = assertThrows(
    () => gradients(new Builder(graph), b, [x]),
    NotDifferentiableError,
  );
  assertEquals(error.nodes.map((node) => node.name), ["first", "second"]);
});

Deno.test("gradients() end at operators that are stopped", () => {
  const graph = new Graph();
  const x = graph.addInput("x", "float32", [2]);
  const a = graph.add("Hardmax", [x]).outputs[0]!;
  [a.type, a.shape] = ["float32", [2]];
  const g = new Builder(graph);
  const loss = (value: typeof a) => g.reduceSum(value, [0], false);
  assertEquals(gradients(g, loss(a), [x]).size, 0);
  assertEquals(gradients(g, loss(g.add(a, x)), [x]).size, 1);
});
