/** Models whose numbers are small: weights as integers with scales, and 16-bit floats. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { int } from "../../src/onnx/attribute.ts";
import { Graph, type Value } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";

const floats = (dims: number[], ...values: number[]) => tensor("float32", dims, values);
const halves = (dims: number[], ...values: number[]) =>
  tensor("float16", dims, new Uint16Array(Float16Array.from(values).buffer));

function add(graph: Graph, op: string, inputs: Value[], axis?: number): Value {
  const attributes = axis === undefined ? {} : { axis: int(axis) };
  return graph.add(op, inputs, { attributes }).outputs[0]!;
}

/** A convolution of 2 channels to 2 and a classifier, quantised as exporters do. */
function quantised(): Uint8Array {
  const graph = new Graph();
  graph.opsets.set("", 13);
  const constant = (name: string, value: Tensor) => graph.addConstant(name, value);
  const x = graph.addInput("x", "float32", ["N", 2, 2, 2]);
  const around = (value: Value, name: string) => {
    const pair = [
      constant(`${name}.scale`, floats([], 0.03)),
      constant(`${name}.zero`, tensor("int8", [], [-10])),
    ];
    return add(graph, "DequantizeLinear", [
      add(graph, "QuantizeLinear", [value, ...pair]),
      ...pair,
    ]);
  };
  const weight = graph.add("DequantizeLinear", [
    constant("w.integers", tensor("int8", [2, 2, 1, 1], [50, -100, 127, 30])),
    constant("w.scales", floats([2], 0.01, 0.02)),
    constant("w.zeros", tensor("int8", [2], [0, 5])),
  ], { outputs: ["w"], attributes: { axis: int(0) } }).outputs[0]!;
  const bias = graph.add("DequantizeLinear", [
    constant("b.integers", tensor("int32", [2], [1000, -2000])),
    constant("b.scale", floats([], 0.0003)),
  ], { outputs: ["b"] }).outputs[0]!;
  const seen = around(add(graph, "Conv", [around(x, "x"), weight, bias]), "y");
  const pooled = add(graph, "Flatten", [add(graph, "GlobalAveragePool", [seen])]);
  const head = constant("head", floats([2, 2], 1, 0.5, -0.5, 1));
  graph.outputs.push(graph.add("Gemm", [pooled, head], { outputs: ["logits"] }).outputs[0]!);
  return encodeGraph(graph);
}

/** Pictures of two kinds. */
function kinds(count: number) {
  const random = rng("kinds");
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const numbers = labels.flatMap((label) =>
    Array.from(
      { length: 8 },
      (_, at) => (at < 4 === (label === 0) ? 1 : -1) + 0.3 * random.normal(),
    )
  );
  return {
    x: tensor("float32", [count, 2, 2, 2], numbers),
    targets: tensor("int64", [count], labels),
  };
}

Deno.test("quantised weights become the numbers that they stand for, and train", async () => {
  const model = await readModel(quantised());
  assertEquals([...model.parameters.keys()], ["w", "b", "head"]);
  const expected = [0.5, -1, 2.44, 0.5];
  [...model.parameters.get("w")!.value.data].forEach((number, i) =>
    assertAlmostEquals(Number(number), expected[i]!, 1e-6)
  );
  assertAlmostEquals(Number(model.parameters.get("b")!.value.data[1]), -0.6, 1e-6);
  const { x, targets } = kinds(32);
  const { gradients } = await valueAndGrad(model, { x }, targets);
  assert([...gradients.values()].every(({ data }) => data.some((number) => number !== 0)));
  const { history } = await fit(model, arrays({ inputs: { x }, targets }), {
    epochs: 5,
    batchSize: 8,
    optimizer: sgd({ learningRate: 0.3 }),
    device: "cpu",
    verbose: false,
  });
  assert(history.epochs.at(-1)!.loss < 0.5 * history.epochs[0]!.loss, "the loss halves");
});

Deno.test("integers in blocks have a scale each", async () => {
  const graph = new Graph();
  graph.opsets.set("", 21);
  const x = graph.addInput("x", "float32", ["N", 4]);
  const weight = graph.add("DequantizeLinear", [
    graph.addConstant("integers", tensor("uint8", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])),
    graph.addConstant("scales", floats([2, 2], 1, 10, 100, 1000)),
  ], { outputs: ["w"], attributes: { axis: int(0), block_size: int(2) } }).outputs[0]!;
  graph.outputs.push(add(graph, "MatMul", [x, weight]));
  const model = await readModel(encodeGraph(graph));
  assertEquals(
    [...model.parameters.get("w")!.value.data].map(Number),
    [1, 20, 3, 40, 500, 6000, 700, 8000],
  );
});

Deno.test("16-bit floats become 32-bit ones, inputs and conversions included, and train", async () => {
  const graph = new Graph();
  graph.opsets.set("", 13);
  const x = graph.addInput("x", "float16", ["N", 2]);
  const cast = graph.add("Cast", [x], { attributes: { to: int(10) } }).outputs[0]!;
  const w = graph.addConstant("w", halves([2, 2], 0.5, -1.5, 2, 0.25));
  const b = graph.addConstant("b", tensor("bfloat16", [2], Uint16Array.of(0x3f80, 0xc000)));
  const back = graph.add("Cast", [b], { attributes: { to: int(10) } }).outputs[0]!;
  const y = graph.add("Gemm", [cast, w, back], { outputs: ["y"] }).outputs[0]!;
  y.type = "float16";
  graph.outputs.push(y);
  const model = await readModel(encodeGraph(graph));
  assertEquals(model.inputs[0]!.type, "float32");
  assertEquals([...model.parameters.get("w")!.value.data].map(Number), [0.5, -1.5, 2, 0.25]);
  assertEquals([...model.parameters.get("b")!.value.data].map(Number), [1, -2]);
  const inputs = { x: floats([1, 2], 1, 2) };
  const { outputs } = await valueAndGrad(model, inputs, tensor("int64", [1], [1]));
  assertEquals(outputs.y!.type, "float32");
  assertEquals([...outputs.y!.data].map(Number), [5.5, -3]);
});
