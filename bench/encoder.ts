import type { Model, NodeOptions, Tensor, Value } from "../mod.ts";
import { constant, type Initializer, normal } from "../models/initializers.ts";
import { linear } from "../models/layers.ts";
import { input, type Network, network, output, toModel } from "../models/network.ts";

/** Sizes of a transformer encoder. */
export interface EncoderSizes {
  /** Blocks of attention and a hidden layer. */
  readonly layers: number;
  /** Numbers a position has; a multiple of `heads`. */
  readonly width: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Positions. */
  readonly length: number;
}

/**
 * A transformer encoder with normalisation before each part (Vaswani and others, arXiv 1706.03762),
 * of embeddings `x` `[batch, length, width]`: the mean over the positions goes to ten classes.
 */
export function encoder({ layers, width, heads, length }: EncoderSizes): Model {
  const net = network(0);
  let x = input(net, "x", ["batch", length, width]);
  for (let at = 0; at < layers; at++) {
    const name = `block${at}`;
    const normed = layerNorm(net, x, `${name}.norm1`);
    x = op(net, "Add", [x, attention(net, normed, { name, heads })]);
    const wide = dense(net, layerNorm(net, x, `${name}.norm2`), [`${name}.fc1`, 4 * width]);
    x = op(net, "Add", [x, dense(net, gelu(net, wide), [`${name}.fc2`, width])]);
  }
  const axes = { axes: { kind: "ints", value: [1] }, keepdims: { kind: "int", value: 0 } } as const;
  const mean = op(net, "ReduceMean", [layerNorm(net, x, "norm")], axes);
  mean.type = "float32";
  mean.shape = ["batch", width];
  output(net, linear(net, mean, { name: "head", features: 10 }));
  return toModel(net, { name: "encoder" });
}

function attention(net: Network, x: Value, options: { name: string; heads: number }): Value {
  const { name, heads } = options;
  const [, length, width] = x.shape as [string, number, number];
  const each = width / heads;
  const split = numbers(net, `${name}.split`, "int64", [0, length, heads, each]);
  const part = (which: string, order: readonly number[]) => {
    const made = dense(net, x, [`${name}.${which}`, width]);
    const perm = { perm: { kind: "ints", value: order } } as const;
    return op(net, "Transpose", [op(net, "Reshape", [made, split])], perm);
  };
  const scores = op(net, "MatMul", [part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1])]);
  const scale = numbers(net, `${name}.scale`, "float32", [1 / Math.sqrt(each)]);
  const shares = op(net, "Softmax", [op(net, "Mul", [scores, scale])]);
  const mixed = op(net, "MatMul", [shares, part("value", [0, 2, 1, 3])]);
  const perm = { perm: { kind: "ints", value: [0, 2, 1, 3] } } as const;
  const whole = numbers(net, `${name}.whole`, "int64", [0, length, width]);
  const joined = op(net, "Reshape", [op(net, "Transpose", [mixed], perm), whole]);
  joined.shape = x.shape;
  return dense(net, joined, [`${name}.project`, width]);
}

function dense(net: Network, x: Value, [name, features]: readonly [string, number]): Value {
  const width = x.shape!.at(-1) as number;
  const matrix = weight(net, `${name}.weight`, [[width, features], normal(0.02)]);
  const bias = weight(net, `${name}.bias`, [[features], constant(0)]);
  const made = op(net, "Add", [op(net, "MatMul", [x, matrix]), bias]);
  made.shape = [...x.shape!.slice(0, -1), features];
  return made;
}

function layerNorm(net: Network, x: Value, name: string): Value {
  const dims = [x.shape!.at(-1) as number];
  const scale = weight(net, `${name}.weight`, [dims, constant(1)]);
  const bias = weight(net, `${name}.bias`, [dims, constant(0)]);
  return op(net, "LayerNormalization", [x, scale, bias]);
}

/** x·(1 + erf(x/√2))/2. */
function gelu(net: Network, x: Value): Value {
  const number = (value: number) => numbers(net, net.graph.fresh("gelu"), "float32", [value]);
  const erf = op(net, "Erf", [op(net, "Mul", [x, number(Math.SQRT1_2)])]);
  const half = op(net, "Mul", [x, number(0.5)]);
  return op(net, "Mul", [half, op(net, "Add", [erf, number(1)])]);
}

function op(
  { graph }: Network,
  operator: string,
  inputs: readonly Value[],
  attributes: NonNullable<NodeOptions["attributes"]> = {},
): Value {
  const made = graph.add(operator, inputs, { attributes }).outputs[0]!;
  made.shape = inputs[0]!.shape;
  return made;
}

function weight(
  net: Network,
  name: string,
  [dims, start]: readonly [readonly number[], Initializer],
): Value {
  return net.graph.addConstant(name, start(dims, [net.seed, name]));
}

function numbers(
  { graph }: Network,
  name: string,
  type: "float32" | "int64",
  values: readonly number[],
): Value {
  const data = type === "int64" ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  return graph.addConstant(name, {
    type,
    dims: type === "int64" ? [values.length] : [],
    data,
  } as Tensor);
}
