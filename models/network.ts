import { type Dim, Graph, type Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { modelFromGraph, type ModelOptions } from "../src/onnx/model_from_graph.ts";
import type { DataType } from "../src/tensor/dtype.ts";
import { int64s, type Tensor, tensor } from "../src/tensor/tensor.ts";
import type { Initializer } from "./initializers.ts";

/** A network under construction: its graph, and the seed its weights are drawn from. */
export interface Network {
  /** The graph that the layers are added to. */
  readonly graph: Graph;
  /** Seed of the initial weights; every weight has a stream of its own, by its name. */
  readonly seed: number;
}

/** What every layer may be told. */
export interface LayerOptions {
  /** Name of the node and of its output; weights are called `name.weight` and so on. */
  readonly name: string;
}

/** An empty network in ONNX operator set 17. */
export function network(seed: number): Network {
  const graph = new Graph();
  graph.opsets.set("", 17);
  return { graph, seed };
}

/** An input of `shape`, float32 unless said otherwise; the batch is usually the free dimension `"batch"`. */
export function input(
  net: Network,
  name: string,
  shape: readonly Dim[],
  type: DataType = "float32",
): Value {
  return net.graph.addInput(name, type, shape);
}

/** Makes `value` an output. */
export function output(net: Network, value: Value): void {
  net.graph.outputs.push(value);
}

/** The finished network. Nothing may be added to it afterwards. */
export function toModel(net: Network, options: ModelOptions): Model {
  return modelFromGraph(net.graph, options);
}

/** A node to be added: its inputs, the shape of its one output, its attributes. */
export interface Layer extends LayerOptions {
  readonly inputs: readonly Value[];
  readonly shape: readonly Dim[];
  readonly attributes?: NonNullable<Parameters<Graph["add"]>[2]>["attributes"];
  /** Type of the output. @default {"float32"} */
  readonly type?: DataType;
}

/** Adds a node of one output, called as the node. */
export function layer(
  net: Network,
  operator: string,
  { name, inputs, shape, attributes, type = "float32" }: Layer,
): Value {
  const node = net.graph.add(operator, inputs, {
    name,
    outputs: [name],
    ...(attributes && { attributes }),
  });
  const value = node.outputs[0]!;
  value.type = type;
  value.shape = shape;
  return value;
}

/**
 * A weight drawn by `start` from the stream of its name, when it is first read: the 100 million numbers
 * of a language model that are replaced by others at once are never drawn.
 */
export function weight(
  net: Network,
  name: string,
  { dims, start }: { readonly dims: readonly number[]; readonly start: Initializer },
): Value {
  let drawn: Tensor<"float32"> | undefined;
  return net.graph.addConstant(name, {
    type: "float32",
    dims,
    get data() {
      drawn ??= start(dims, [net.seed, name]);
      return drawn.data;
    },
  });
}

/** A list of integers that a node reads, such as the axes it works along. */
export function integers(net: Network, name: string, values: readonly number[]): Value {
  return net.graph.addConstant(name, int64s(values));
}

/** One number that a node reads. */
export function scalar(
  net: Network,
  name: string,
  value: number,
  type: "float32" | "int64" = "float32",
): Value {
  return net.graph.addConstant(name, tensor(type, [], [value]));
}

/** The first dimension. */
export function batch(x: Value): Dim {
  return x.shape![0]!;
}

/** A known dimension; a `TypeError` where it is free. */
export function size(x: Value, axis: number): number {
  const dim = x.shape?.[axis];
  if (typeof dim === "number") return dim;
  throw new TypeError(`Axis ${axis} of "${x.name}" must be a known size, found ${dim}`);
}
