import { assert, assertEquals, assertThrows } from "@std/assert";
import { Builder } from "../../src/autodiff/builder.ts";
import { gradients, NotDifferentiableError } from "../../src/autodiff/gradients.ts";
import { type Attribute, float, int, ints, string } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import { rng } from "../../src/tensor/rng.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";

/** One operator at one setting: float inputs are differentiated, given tensors are constants. */
interface Case {
  readonly op: string;
  readonly inputs: readonly (readonly number[] | Tensor)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  /** Moves the random inputs away from where the operator is not smooth or not defined. */
  readonly domain?: (x: number) => number;
}

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

/** Σ weight·output of a case, its gradients, and its inputs. */
async function build(row: Case) {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const random = rng("gradients", row.op, row.inputs.length);
  const draw = (dims: readonly number[], move = row.domain ?? ((x) => x)) =>
    tensor(
      "float32",
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => move(random.normal())),
    );
  const feeds: Record<string, Tensor<"float32">> = {};
  const inputs = row.inputs.map((input, n) => {
    if (!Array.isArray(input)) return graph.addConstant(`c${n}`, input as Tensor);
    feeds[`x${n}`] = draw(input);
    return graph.addInput(`x${n}`, "float32", input);
  });
  const outputs = Array.from({ length: row.outputs ?? 1 }, (_, n) => `y${n}`);
  const node = graph.add(row.op, inputs, { outputs, attributes: row.attributes ?? {} });
  graph.outputs.push(...node.outputs.map((value) => value!));
  await makeStatic(cpu, graph, () => false);
  const g = new Builder(graph);
  const parts = node.outputs.map((value) => {
    const weights = g.constant(draw(value!.shape as number[], (x) => x));
    const product = g.mul(value!, weights);
    return g.reduceSum(product, product.shape!.map((_, axis) => axis), false);
  });
  const loss = g.sum(parts);
  const wanted = inputs.filter((value) => feeds[value.name]);
  const found = gradients(g, loss, wanted);
  graph.outputs.splice(0, graph.outputs.length, loss, ...found.values());
  return { graph, feeds, loss, found };
}

for (const row of CASES) {
  const shapes = row.inputs.map((one) => Array.isArray(one) ? `[${one}]` : "const").join(" ");
  const set = Object.keys(row.attributes ?? {}).join(" ");
  Deno.test(`gradients() of ${row.op} ${shapes} ${set} are those of central differences`, async () => {
    const { graph, feeds, loss, found } = await build(row);
    const session = await cpu.session(encodeGraph(graph));
    const results = await session.run(feeds);
    for (const [input, gradient] of found) {
      const at = feeds[input.name]!;
      const random = rng("direction", input.name);
      const direction = Float32Array.from(at.data, () => random.normal());
      const step = 1e-2;
      const value = async (sign: number) => {
        const data = at.data.map((x, i) => x + sign * step * direction[i]!);
        const moved = { ...feeds, [input.name]: tensor("float32", at.dims, data) };
        return Number((await session.run(moved, {}, [loss.name]))[loss.name]!.data[0]);
      };
      const measured = (await value(1) - await value(-1)) / (2 * step);
      const data = results[gradient.name]!.data as Float32Array;
      const exact = data.reduce((sum, number, i) => sum + number * direction[i]!, 0);
      const size = Math.hypot(...data) * Math.hypot(...direction) + 1e-3;
      assert(
        Math.abs(measured - exact) < 6e-3 * size,
        `by "${input.name}": ${exact}, by central differences ${measured}`,
      );
    }
    assertEquals(found.size, Object.keys(feeds).length);
    await session.release();
  });
}

Deno.test("gradients() names every operator without a rule at once", () => {
  const graph = new Graph();
  const x = graph.addInput("x", "float32", [2]);
  const a = graph.add("Det", [x], { name: "first" }).outputs[0]!;
  const b = graph.add("Hardmax", [a], { name: "second" }).outputs[0]!;
  for (const value of [a, b]) [value.type, value.shape] = ["float32", []];
  const error = assertThrows(
    () => gradients(new Builder(graph), b, [x]),
    NotDifferentiableError,
  );
  assertEquals(error.nodes.map((node) => node.name), ["first", "second"]);
});
