import { assertEquals } from "@std/assert";
import { Builder } from "../../src/autodiff/builder.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import { int } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "./central_differences.ts";

const floats = (dims: number[], ...values: number[]) => tensor("float32", dims, values);

/** The gradient of Σ index·DequantizeLinear(QuantizeLinear(x)) by `x`. */
async function straightThrough(
  x: Tensor<"float32">,
  scale: Tensor,
  zero: Tensor | undefined,
  axis: number,
  domain = "",
): Promise<number[]> {
  const graph = new Graph();
  graph.opsets.set("", 19);
  const input = graph.addInput("x", "float32", x.dims);
  const scales = graph.addConstant("scale", scale);
  const zeros = zero && graph.addConstant("zero", zero);
  const options = { attributes: { axis: int(axis) }, domain };
  const whole = graph.add("QuantizeLinear", [input, scales, zeros], options).outputs[0]!;
  const back = graph.add("DequantizeLinear", [whole, scales, zeros], options).outputs[0]!;
  graph.outputs.push(back);
  await makeStatic(graph, () => false);
  const g = new Builder(graph);
  const weights = g.constant(floats([...x.dims], ...x.data.map((_, i) => i + 1)));
  const loss = g.reduceSum(g.mul(back, weights), x.dims.map((_, at) => at), false);
  const gradient = gradients(g, loss, [input]).get(input)!;
  graph.outputs.splice(0, 1, gradient);
  const session = await cpu.session(encodeGraph(graph));
  const results = await session.run({ x });
  await session.release();
  return [...results[gradient.name]!.data].map(Number);
}

Deno.test("a gradient passes rounding to integers straight through, where they reach", async () => {
  const x = floats([5], -7, -0.3, 0.24, 12, 13);
  // From −128 to 127 by tenths around 0: −12.8 to 12.7.
  assertEquals(
    await straightThrough(x, floats([], 0.1), tensor("int8", [], [0]), 0),
    [1, 2, 3, 4, 0],
  );
  // From 0 to 255 by tenths around 28: −2.8 to 22.7.
  assertEquals(
    await straightThrough(x, floats([], 0.1), tensor("uint8", [], [28]), 0),
    [0, 2, 3, 4, 5],
  );
  // Of 16 bits, which the runtime has as operators of its own.
  const wide = tensor("uint16", [], [32768]);
  assertEquals(
    await straightThrough(x, floats([], 1 / 4096), wide, 0, "com.microsoft"),
    [1, 2, 3, 0, 0].map((one, at) => Math.abs(x.data[at]!) < 8 ? one : 0),
  );
  // Without a zero point: bytes from 0 to 25.5.
  assertEquals(await straightThrough(x, floats([], 0.1), undefined, 0), [0, 0, 3, 4, 5]);
});

Deno.test("quantisation by channel has a range for each", async () => {
  const x = floats([2, 3], -1, 2, 1, 1, -300, 1000);
  const scales = floats([3], 0.01, 1, 10);
  const zeros = tensor("int8", [3], [0, 0, 0]);
  assertEquals(
    await straightThrough(x, scales, zeros, 1),
    [1, 2, 3, 4, 0, 6].map((v, i) =>
      [-1.28, -128, -1280][i % 3]! <= x.data[i]! && x.data[i]! <= [1.27, 127, 1270][i % 3]! ? v : 0
    ),
  );
});

const nibbles = (count: number) =>
  tensor("uint8", [3, 2, 8], Array.from({ length: count }, (_, i) => i * 37 % 256));
const scales = floats([6], 0.1, 0.2, 0.15, 0.05, 0.3, 0.12);
const attributes = { K: int(32), N: int(3), bits: int(4), block_size: int(16) };
checkGradients([
  {
    op: "MatMulNBits",
    space: "com.microsoft",
    inputs: [[2, 32], nibbles(48), scales],
    attributes,
  },
  {
    op: "MatMulNBits",
    space: "com.microsoft",
    inputs: [
      [2, 2, 32],
      nibbles(48),
      scales,
      tensor("uint8", [3], [0x87, 0x69, 0x53]),
      undefined,
      [3],
    ],
    attributes,
  },
]);
