import { assert, assertEquals } from "@std/assert";
import { Builder } from "../../src/autodiff/builder.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import { type Attribute, int, ints, string } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import { ONNX_TYPE_NUMBERS } from "../../src/onnx/types.ts";
import { tensor } from "../../src/tensor/tensor.ts";

interface Row {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** A second input, of the type of the first; its shape. */
  readonly other?: readonly number[];
  readonly dims?: readonly number[];
}

const image = { kernel_shape: ints([2, 2]) };
const ROWS: readonly Row[] = [
  ...["Sigmoid", "Tanh", "Relu", "HardSwish", "Sqrt", "Abs", "Softsign"].map((op) => ({ op })),
  { op: "Pow", other: [2] },
  { op: "Pow", other: [3] },
  { op: "Gelu", attributes: { approximate: string("tanh") } },
  { op: "Softmax", attributes: { axis: int(3) } },
  { op: "AveragePool", attributes: image },
  { op: "AveragePool", attributes: { ...image, pads: ints([1, 1, 0, 0]) } },
  { op: "MaxPool", attributes: image },
  { op: "ReduceMean" },
  { op: "MatMul", other: [1, 2, -1] },
  { op: "MatMul", other: [1, 2, -1, 0.5, 2, 0.25], dims: [3, 2] },
  { op: "Conv", other: [1, 2, -1, 0.5], dims: [1, 1, 2, 2] },
  { op: "Conv", other: [1, 2, -1, 0.5], dims: [1, 1, 2, 2], attributes: { strides: ints([2, 2]) } },
  { op: "LayerNormalization", other: [1, 2, -1] },
  { op: "PRelu", other: [2] },
  { op: "Div", other: [1, 2, -1] },
  { op: "GlobalMaxPool" },
  { op: "ReduceMax" },
  { op: "LeakyRelu" },
];

const VALUES = [0.25, 1, 2, 0.5, 1.5, 3, 0.75, 1.25, 2.5];

/** The gradient of Σ y² with y the operator's result in one element type. */
async function gradientIn(type: "float16" | "float32", row: Row): Promise<number[]> {
  const graph = new Graph();
  graph.opsets.set("", 20);
  const x = graph.addInput("x", "float32", [1, 1, 3, 3]);
  const cast = (value: typeof x, to: "float16" | "float32") =>
    graph.add("Cast", [value], { attributes: { to: int(ONNX_TYPE_NUMBERS[to]) } }).outputs[0]!;
  const inputs = [cast(x, type)];
  if (row.other) {
    inputs.push(
      graph.addConstant("other", tensor(type, row.dims ?? [row.other.length], row.other)),
    );
  }
  const made = graph.add(row.op, inputs, { attributes: row.attributes ?? {} }).outputs[0]!;
  const y = cast(made, "float32");
  graph.outputs.push(y);
  await makeStatic(graph, () => false);
  const g = new Builder(graph);
  const loss = g.reduceSum(g.mul(y, y), y.shape!.map((_, axis) => axis), false);
  const gradient = gradients(g, loss, [x]).get(x)!;
  graph.outputs.push(gradient);
  const session = await cpu.session(encodeGraph(graph));
  const found = (await session.run({ x: tensor("float32", [1, 1, 3, 3], VALUES) }))[gradient.name]!;
  await session.release();
  return Array.from(found.data, Number);
}

for (const row of ROWS) {
  const name = [row.op, ...Object.keys(row.attributes ?? {}), ...row.other ?? []].join(" ");
  Deno.test(`gradients() through ${name} in float16 are those in float32`, async () => {
    const [half, single] = [await gradientIn("float16", row), await gradientIn("float32", row)];
    const largest = Math.max(...single.map(Math.abs));
    assert(largest > 0);
    assertEquals(half.length, single.length);
    half.forEach((number, i) => assert(Math.abs(number - single[i]!) < 4e-3 * largest, `${half}`));
  });
}
