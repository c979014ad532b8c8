import { assert, assertEquals, assertThrows } from "@std/assert";
import { float, int, ints, string } from "../../../src/onnx/attribute.ts";
import type { Attribute } from "../../../src/onnx/attribute.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import { normalise } from "../../../src/onnx/passes/normalise.ts";
import { int64s, tensor } from "../../../src/tensor/tensor.ts";
import { assertSame, type Case, caseGraph, randoms, run } from "./running.ts";

const floats = (value: readonly number[]): Attribute => ({ kind: "floats", value });
const f32 = (...values: number[]) => tensor("float32", [values.length], values);
const images = [2, 3, 4, 5];

const REDUCERS = [
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSumExp",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceProd",
  "ReduceSum",
  "ReduceSumSquare",
];

const CASES: readonly Case[] = [
  { op: "Clip", opset: 7, inputs: [[3, 4]], attributes: { min: float(-0.5), max: float(0.25) } },
  { op: "Clip", opset: 10, inputs: [[3, 4]], attributes: { max: float(0.25) } },
  { op: "Clip", opset: 9, inputs: [[3, 4]] },
  { op: "Clip", opset: 12, inputs: [[3, 4], undefined, tensor("float32", [], [0.5])] },
  ...["constant", "reflect", "edge"].map((mode): Case => ({
    op: "Pad",
    opset: 7,
    inputs: [images],
    attributes: { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]), mode: string(mode), value: float(1.5) },
  })),
  { op: "Pad", opset: 9, inputs: [[2, 3]], attributes: { pads: ints([0, 1, -1, 0]) } },
  {
    op: "Pad",
    opset: 18,
    inputs: [images, int64s([1, 2]), undefined, int64s([-1])],
    constants: [1, 3],
  },
  {
    op: "Slice",
    opset: 9,
    inputs: [images],
    attributes: {
      starts: ints([1, -3]),
      ends: ints([9223372036854775807, -1]),
      axes: ints([1, 3]),
    },
  },
  { op: "Slice", opset: 7, inputs: [[4, 5]], attributes: { starts: ints([1]), ends: ints([3]) } },
  { op: "Squeeze", opset: 8, inputs: [[2, 1, 3, 1]], attributes: { axes: ints([3]) } },
  { op: "Squeeze", opset: 11, inputs: [[2, 1, 3, 1]], attributes: { axes: ints([-1, 1]) } },
  { op: "Squeeze", opset: 11, inputs: [[2, 1, 3, 1]] },
  { op: "Unsqueeze", opset: 7, inputs: [[2, 3]], attributes: { axes: ints([0, 3]) } },
  { op: "Unsqueeze", opset: 12, inputs: [[2, 3]], attributes: { axes: ints([-1]) } },
  ...REDUCERS.flatMap((op): Case[] => [
    { op, opset: 7, inputs: [images], attributes: { axes: ints([2, 3]), keepdims: int(0) } },
    { op, opset: 12, inputs: [images], attributes: { axes: ints([-1]) } },
    { op, opset: 11, inputs: [images] },
  ]),
  { op: "ReduceMean", opset: 17, inputs: [images], attributes: { axes: ints([-1, 1]) } },
  { op: "ReduceSum", opset: 13, inputs: [images, int64s([2])], constants: [1] },
  {
    op: "TopK",
    opset: 9,
    inputs: [[3, 6]],
    attributes: { k: int(2), axis: int(1) },
    outputs: 2,
    types: ["float32", "int64"],
  },
  {
    op: "TopK",
    opset: 10,
    inputs: [[3, 6], int64s([2])],
    constants: [1],
    outputs: 2,
    types: ["float32", "int64"],
  },
  ...["Softmax", "LogSoftmax", "Hardmax"].flatMap((op): Case[] => [
    { op, opset: 7, inputs: [[3, 5]] },
    { op, opset: 9, inputs: [[3, 5, 1, 1]] },
    { op, opset: 11, inputs: [[3, 1, 1, 5]] },
    { op, opset: 12, inputs: [[2, 3, 4]], attributes: { axis: int(1) } },
    { op, opset: 12, inputs: [[2, 3, 4]], attributes: { axis: int(-1) } },
    { op, opset: 12, inputs: [[2, 3, 4]], attributes: { axis: int(-2) } },
    { op, opset: 12, inputs: [[2, 3, 4]], attributes: { axis: int(0) }, free: [0] },
    { op, opset: 8, inputs: [[2, 3, 4]], free: [0, 2] },
    { op, opset: 13, inputs: [[2, 3, 4]], attributes: { axis: int(1) } },
    { op, opset: 13, inputs: [[2, 3, 4]] },
  ]),
  { op: "Split", opset: 7, inputs: [[2, 6]], attributes: { axis: int(1) }, outputs: 3 },
  {
    op: "Split",
    opset: 11,
    inputs: [[2, 6]],
    attributes: { axis: int(-1) },
    outputs: 2,
    free: [1],
  },
  {
    op: "Split",
    opset: 12,
    inputs: [[2, 6]],
    attributes: { axis: int(1), split: ints([2, 4]) },
    outputs: 2,
  },
  { op: "Split", opset: 13, inputs: [[4, 6]], outputs: 2 },
  { op: "Split", opset: 13, inputs: [[4, 6], int64s([1, 3])], constants: [1], outputs: 2 },
  {
    op: "Split",
    opset: 18,
    inputs: [[7, 2]],
    attributes: { num_outputs: int(3) },
    outputs: 3,
  },
  ...[7, 9, 14, 15].map((opset): Case => ({
    op: "BatchNormalization",
    opset,
    inputs: [images, [3], [3], [3], f32(0.5, 1, 2)],
    attributes: { epsilon: float(1e-3), ...(opset === 7 && { spatial: int(1) }) },
    constants: [1, 2, 3, 4],
  })),
  { op: "Dropout", opset: 7, inputs: [[3, 4]], attributes: { ratio: float(0.3) } },
  { op: "Upsample", opset: 7, inputs: [images], attributes: { scales: floats([1, 1, 2, 3]) } },
  {
    op: "Upsample",
    opset: 7,
    inputs: [images],
    attributes: { scales: floats([1, 1, 2, 2.5]), mode: string("linear") },
  },
  { op: "Upsample", opset: 9, inputs: [images, f32(1, 1, 2, 2)], constants: [1] },
  { op: "Upsample", opset: 9, inputs: [images, f32(1, 1, 2, 2)] },
  { op: "Resize", opset: 10, inputs: [images, f32(1, 1, 2, 1.7)], constants: [1] },
  { op: "Resize", opset: 10, inputs: [[1, 1, 9, 11], f32(1, 1, 0.6, 0.5)], constants: [1] },
  { op: "Resize", opset: 10, inputs: [[1, 1, 9, 11], f32(1, 1, 0.6, 1.6)], constants: [1] },
  {
    op: "Resize",
    opset: 10,
    inputs: [images, f32(1, 1, 2, 0.6)],
    constants: [1],
    attributes: { mode: string("linear") },
  },
  ...["half_pixel", "asymmetric", "align_corners", "tf_half_pixel_for_nn", "pytorch_half_pixel"]
    .map((mode): Case => ({
      op: "Resize",
      opset: 11,
      inputs: [images, f32(), f32(), int64s([2, 3, 7, 3])],
      constants: [1, 2, 3],
      attributes: { coordinate_transformation_mode: string(mode), nearest_mode: string("floor") },
    })),
  {
    op: "Resize",
    opset: 11,
    inputs: [images, f32(), f32(1, 1, 1.5, 2)],
    constants: [1, 2],
    attributes: { mode: string("cubic") },
  },
  {
    op: "Scatter",
    opset: 9,
    inputs: [[3, 3], tensor("int64", [2, 2], [1, 0, 2, 1]), [2, 2]],
    attributes: { axis: int(1) },
  },
  {
    op: "RoiAlign",
    opset: 10,
    inputs: [[1, 2, 8, 8], tensor("float32", [1, 4], [1, 1, 6, 5]), int64s([0])],
    attributes: { output_height: int(3), output_width: int(2), sampling_ratio: int(2) },
  },
  { op: "Flatten", opset: 11, inputs: [[2, 3, 4]], attributes: { axis: int(-1) } },
  { op: "Flatten", opset: 7, inputs: [[2, 3, 4]] },
  { op: "Gemm", opset: 7, inputs: [[2, 3], [3, 4], [4]] },
  { op: "Gemm", opset: 11, inputs: [[2, 3], [3, 4]] },
  { op: "AveragePool", opset: 7, inputs: [images], attributes: { kernel_shape: ints([2, 2]) } },
  { op: "MaxPool", opset: 7, inputs: [images], attributes: { kernel_shape: ints([2, 3]) } },
  { op: "Pow", opset: 7, inputs: [tensor("float32", [2], [1, 2]), [2]] },
  { op: "Sum", opset: 7, inputs: [[2, 3], [2, 3]] },
  { op: "Max", opset: 8, inputs: [[2, 3], [3]] },
  {
    op: "OneHot",
    opset: 9,
    inputs: [int64s([0, 2, 7]), int64s([3]), f32(0, 1)],
    types: ["float32"],
  },
  { op: "ArgMax", opset: 7, inputs: [[2, 3]], attributes: { axis: int(1) }, types: ["int64"] },
  { op: "DepthToSpace", opset: 7, inputs: [[1, 8, 2, 2]], attributes: { blocksize: int(2) } },
  { op: "PRelu", opset: 7, inputs: [images, [3, 1, 1]] },
  { op: "Cast", opset: 7, inputs: [[3]], attributes: { to: int(7) }, types: ["int64"] },
  { op: "Reshape", opset: 7, inputs: [[2, 6], int64s([0, -1, 3])], constants: [1] },
  { op: "LRN", opset: 7, inputs: [images], attributes: { size: int(3) } },
];

for (const row of CASES) {
  const inputs = row.inputs.map((input) => input && "dims" in input ? `${input.dims}` : `${input}`);
  const attributes = Object.entries(row.attributes ?? {})
    .map(([name, attribute]) => `${name} ${"value" in attribute ? attribute.value : ""}`);
  const name = [
    `[${inputs.join("] [")}]`,
    ...attributes,
    ...(row.free ? [`free ${row.free}`] : []),
  ];
  Deno.test(`normalise() keeps what ${row.op} of opset ${row.opset} says: ${name.join(", ")}`, async () => {
    const { graph, feeds } = caseGraph(row);
    const expected = await run(graph, feeds);
    normalise(graph);
    assertEquals(graph.opsets.get(""), 18);
    assertSame(await run(graph, feeds), expected);
  });
}

Deno.test("normalise() leaves a newer operator set as it is", () => {
  const { graph, node } = caseGraph({ op: "Relu", opset: 23, inputs: [[2]] });
  normalise(graph);
  assertEquals([graph.opsets.get(""), node.opType], [23, "Relu"]);
});

Deno.test("normalise() takes ai.onnx as a name of ONNX's own domain", () => {
  const { graph } = caseGraph({ op: "Relu", opset: 7, inputs: [[2]] });
  graph.opsets.delete("");
  graph.opsets.set("ai.onnx", 9);
  normalise(graph);
  assertEquals([...graph.opsets], [["", 18]]);
});

Deno.test("normalise() keeps one Softmax where one axis alone is long", () => {
  for (const [shape, axis] of [[[2, 5, 1, 1], 1], [[2, 1, 5], -1], [[2, 5], -1]] as const) {
    const { graph, node } = caseGraph({ op: "Softmax", opset: 9, inputs: [shape] });
    normalise(graph);
    assertEquals([graph.nodes.size, node.int("axis", 9)], [1, axis]);
  }
});

Deno.test("normalise() finds the rank of a Softmax behind nodes without declared shapes", () => {
  const graph = new Graph();
  graph.opsets.set("", 9);
  const x = graph.addInput("x", "float32", ["N", 4, "H", "W"]);
  const pooled = graph.add("GlobalAveragePool", [x]).outputs[0]!;
  const flat = graph.add("Flatten", [pooled]).outputs[0]!;
  const w = graph.addConstant("w", randoms([4, 3]));
  const scores = graph.add("Gemm", [graph.add("Relu", [flat]).outputs[0], w]).outputs[0]!;
  const dropped = graph.add("Dropout", [scores]).outputs[0]!;
  const node = graph.add("Softmax", [dropped], { outputs: ["y"] });
  graph.outputs.push(node.outputs[0]!);
  normalise(graph);
  assertEquals(node.int("axis", 9), -1);
  assert(![...graph.nodes].some((one) => one.opType === "Reshape"));
});

Deno.test("normalise() gives bounds the type of what they bound", () => {
  const { graph, node } = caseGraph({
    op: "Clip",
    opset: 7,
    inputs: [tensor("float16", [1])],
    attributes: { min: float(-1.5), max: float(6) },
  });
  normalise(graph);
  const bounds = node.inputs.slice(1).map((value) => value!.constant!);
  assertEquals(bounds.map((bound) => [bound.type, bound.data[0]]), [
    ["float16", 0xbe00],
    ["float16", 0x4600],
  ]);
});

Deno.test("normalise() drops unread training outputs of an old BatchNormalization", () => {
  const row = { op: "BatchNormalization", opset: 9, inputs: [[2, 3], [3], [3], [3], [3]] };
  const { graph, node } = caseGraph({ ...row, outputs: 5 });
  graph.outputs.length = 1;
  normalise(graph);
  assertEquals(node.outputs.length, 1);
  const read = caseGraph({ ...row, outputs: 3 });
  assertThrows(() => normalise(read.graph), RangeError, 'its training output "out2" is read');
});

Deno.test("normalise() says why it cannot", () => {
  const old = caseGraph({ op: "Relu", opset: 6, inputs: [[2]] }).graph;
  assertThrows(() => normalise(old), RangeError, "operator set 6; 7 is the oldest");
  const none = caseGraph({ op: "Relu", opset: 7, inputs: [[2]] }).graph;
  none.opsets.clear();
  assertThrows(() => normalise(none), RangeError, "does not say which ONNX operator set");
  const pixels = caseGraph({
    op: "BatchNormalization",
    opset: 7,
    inputs: [[2, 3], [3], [3], [3], [3]],
    attributes: { spatial: int(0) },
  }).graph;
  assertThrows(() => normalise(pixels), RangeError, "spatial is 0");
  const tensorFlow = caseGraph({
    op: "Resize",
    opset: 11,
    inputs: [images, f32(), f32(1, 1, 2, 2)],
    attributes: {
      coordinate_transformation_mode: string("tf_half_pixel_for_nn"),
      mode: string("linear"),
    },
  }).graph;
  assertThrows(() => normalise(tensorFlow), RangeError, "tf_half_pixel_for_nn");
});

Deno.test("normalise() refuses old operators inside subgraphs, and only those", () => {
  const withBody = (opType: string, opset: number) => {
    const body: Attribute = { kind: "other", source: { g: { node: [{ opType, input: ["x"] }] } } };
    const attributes = { then_branch: body };
    return caseGraph({ op: "If", opset, inputs: [tensor("bool", [], [1])], attributes }).graph;
  };
  assertThrows(() => normalise(withBody("Squeeze", 11)), RangeError, "uses Squeeze of opset 11");
  assertThrows(() => normalise(withBody("ReduceMean", 17)), RangeError, "uses ReduceMean");
  normalise(withBody("Squeeze", 13));
  normalise(withBody("Relu", 9));
  normalise(withBody("ReduceMean", 18));
});
