import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { assertEquals } from "@std/assert";
import { Graph, type Node, type Value } from "../../../src/onnx/graph.ts";
import type { Attribute } from "../../../src/onnx/attribute.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { isDataType } from "../../../src/tensor/dtype.ts";
import type { DataType } from "../../../src/tensor/dtype.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { sizeOf } from "../../../src/tensor/shape.ts";
import { type Tensor, tensor, toNumbers } from "../../../src/tensor/tensor.ts";

/** Tensors by name. */
export type Tensors = Record<string, Tensor>;

/** An operator with what it is fed; a shape stands for random numbers. */
export interface Case {
  op: string;
  opset: number;
  inputs: readonly (readonly number[] | Tensor | undefined)[];
  attributes?: Record<string, Attribute>;
  /** Positions of inputs that are constants of the graph. */
  constants?: readonly number[];
  outputs?: number;
  /** Declares axes of the first input as free, by their position. */
  free?: readonly number[];
  /** Types of outputs other than that of the first input. */
  types?: readonly DataType[];
}

/** A graph of one node between Relu-like neighbours, so that no name or shape of its own is known. */
export function caseGraph(row: Case): { graph: Graph; node: Node; feeds: Tensors } {
  const graph = new Graph();
  graph.opsets.set("", row.opset);
  const feeds: Tensors = {};
  const inputs = row.inputs.map((input, at): Value | undefined => {
    if (!input) return undefined;
    const fed = isShape(input) ? randoms(input, at) : input;
    const name = `in${at}`;
    if (row.constants?.includes(at)) return graph.addConstant(name, fed);
    feeds[name] = fed;
    const shape = fed.dims.map((dim, axis) =>
      at === 0 && row.free?.includes(axis) ? `d${axis}` : dim
    );
    return graph.addInput(name, fed.type, shape);
  });
  const outputs = Array.from({ length: row.outputs ?? 1 }, (_, at) => `out${at}`);
  const node = graph.add(row.op, inputs, {
    outputs,
    name: "tested",
    ...(row.attributes && { attributes: row.attributes }),
  });
  node.outputs.forEach((value, at) => {
    value!.type = row.types?.[at] ?? inputs[0]?.type;
    graph.outputs.push(value!);
  });
  return { graph, node, feeds };
}

/** Normal random numbers that depend on the seed alone. */
export function randoms(dims: readonly number[], seed = 0): Tensor<"float32"> {
  const random = rng("passes", seed);
  return tensor(
    "float32",
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => random.normal()),
  );
}

/** Runs a graph by the stock runtime; its optimizer is off unless asked for. */
export async function run(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await InferenceSession.create(encodeGraph(graph), {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const wrapped = session.inputNames.filter((name) => feeds[name]).map((name) => {
    const { type, data, dims } = feeds[name]!;
    return [name, new OrtTensor(type as "float32", data as Float32Array, dims)];
  });
  const results = await session.run(Object.fromEntries(wrapped));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => {
      if (!isDataType(type)) throw new TypeError(`${name} is ${type}`);
      return [name, { type, dims, data: data as Float32Array<ArrayBuffer> } as Tensor];
    }),
  );
}

/** Asserts that two runs gave the same tensors, to a few float32 roundings. */
export function assertSame(actual: Tensors, expected: Tensors, tolerance = 1e-5): void {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, want] of Object.entries(expected)) {
    const have = actual[name]!;
    assertEquals([have.type, have.dims], [want.type, want.dims], name);
    const wanted = toNumbers(want);
    const scale = wanted.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
    toNumbers(have).forEach((number, at) => {
      const off = Math.abs(number - wanted[at]!) / scale;
      if (number !== wanted[at] && !(off <= tolerance)) {
        throw new Error(`${name}[${at}] is ${number}, expected ${wanted[at]}`);
      }
    });
  }
}

function isShape(input: readonly number[] | Tensor): input is readonly number[] {
  return Array.isArray(input);
}
