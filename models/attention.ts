import { int } from "../src/onnx/attribute.ts";
import type { Dim, Value } from "../src/onnx/graph.ts";
import { softmax } from "./activations.ts";
import { add, dropout, multiply } from "./layers.ts";
import { layer, type LayerOptions, type Network, scalar, size } from "./network.ts";
import { reshape, sizeAt, transpose, unsqueeze } from "./rearrange.ts";

/** The least float32, which leaves nothing of a position after a softmax. */
const LEAST = -3.4028234663852886e38;

/** What `attend` is told beside its name. */
export interface AttendOptions extends LayerOptions {
  /** Heads that the numbers of a token are shared out to. */
  readonly heads: number;
  /** Added to the scores, such as `hiding`'s; `[N, heads, T, T]` with axes of size 1 where all is the same. */
  readonly bias?: Value | undefined;
  /** Dropout of the weights that the values are summed with. @default {0} */
  readonly ratio?: number;
}

/** Queries, keys and values, `[N, T, D]` each. */
export interface Attended {
  /** What is looked for. */
  readonly query: Value;
  /** What it is compared with. */
  readonly key: Value;
  /** What is summed. */
  readonly value: Value;
}

/**
 * Scaled dot-product attention in several heads, softmax(Q·Kᵀ/√d + bias)·V of `[N, T, D]` with d = D/heads
 * (Vaswani et al., "Attention Is All You Need", 2017).
 */
export function attend(net: Network, { query, key, value }: Attended, options: AttendOptions) {
  const { name, heads, bias, ratio = 0 } = options;
  const width = size(query, 2) / heads;
  const part = (x: Value, of: string) => {
    const shape = [x.shape![0]!, x.shape![1]!, heads, width];
    return reshape(net, x, { name: `${name}.${of}.parts`, to: [0, 0, heads, width], shape });
  };
  const turned = (x: Value, of: string, order: readonly number[]) =>
    transpose(net, part(x, of), { name: `${name}.${of}.turned`, order });
  const factor = scalar(net, `${name}.factor`, 1 / Math.sqrt(width));
  const scaled = multiply(net, [query, factor], { name: `${name}.scaled` });
  const scores = product(net, [
    turned(scaled, "query", [0, 2, 1, 3]),
    turned(key, "key", [0, 2, 3, 1]),
  ], { name: `${name}.scores` });
  const biased = bias ? add(net, [scores, bias], { name: `${name}.biased` }) : scores;
  let weights = softmax(net, biased, { name: `${name}.softmax` });
  if (ratio > 0) weights = dropout(net, weights, { name: `${name}.dropout`, ratio });
  const values = turned(value, "value", [0, 2, 1, 3]);
  return merged(net, product(net, [weights, values], { name: `${name}.sum` }), { name });
}

/** `[N, heads, T, d]` as `[N, T, heads·d]`. */
export function merged(net: Network, x: Value, { name }: LayerOptions): Value {
  const back = transpose(net, x, { name: `${name}.back`, order: [0, 2, 1, 3] });
  const width = size(x, 1) * size(x, 3);
  const shape = [x.shape![0]!, x.shape![2]!, width];
  return reshape(net, back, { name, to: [0, 0, width], shape });
}

/** A·B over the last two axes. */
export function product(
  net: Network,
  [a, b]: readonly [Value, Value],
  { name }: LayerOptions,
): Value {
  const shape = [...a.shape!.slice(0, -1), b.shape!.at(-1)!];
  return layer(net, "MatMul", { name, inputs: [a, b], shape });
}

/** Which positions may be attended to: bool `[N, 1, 1, T]` of a mask int64 `[N, T]`, where it is not 0. */
export function unmasked(net: Network, mask: Value, { name }: LayerOptions): Value {
  const wide = unsqueeze(net, mask, { name: `${name}.wide`, axes: [1, 2] });
  const attributes = { to: int(BOOL) };
  return layer(net, "Cast", { name, inputs: [wide], shape: wide.shape!, type: "bool", attributes });
}

/** ONNX's number of the type bool. */
const BOOL = 9;

/** Where the key is no later than the query: bool `[T, T]`, T the size of axis 1 of `x`. */
export function causal(net: Network, x: Value, { name }: LayerOptions): Value {
  const range = counted(net, x, { name: `${name}.range` });
  const rows = unsqueeze(net, range, { name: `${name}.rows`, axes: [1] });
  const columns = unsqueeze(net, range, { name: `${name}.columns`, axes: [0] });
  const length = x.shape![1]!;
  const [inputs, shape] = [[columns, rows], [length, length]];
  return layer(net, "LessOrEqual", { name, inputs, shape, type: "bool" });
}

/** 0, 1, … along axis 1 of `x`: int64 `[T]`. */
export function counted(net: Network, x: Value, { name }: LayerOptions): Value {
  const length = sizeAt(net, x, { name: `${name}.length`, axis: 1 });
  const scalars: readonly Dim[] = [];
  const limit = layer(net, "Squeeze", {
    name: `${name}.limit`,
    inputs: [length],
    shape: scalars,
    type: "int64",
  });
  const inputs = [
    scalar(net, `${name}.start`, 0, "int64"),
    limit,
    scalar(net, `${name}.step`, 1, "int64"),
  ];
  return layer(net, "Range", { name, inputs, shape: [x.shape![1]!], type: "int64" });
}

/** What is added to scores: 0 where `allowed`, the least number elsewhere. */
export function hiding(net: Network, allowed: Value, { name }: LayerOptions): Value {
  const inputs = [allowed, scalar(net, `${name}.none`, 0), scalar(net, `${name}.least`, LEAST)];
  return layer(net, "Where", { name, inputs, shape: allowed.shape! });
}
