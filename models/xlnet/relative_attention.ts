import { int } from "../../src/onnx/attribute.ts";
import type { Dim, Value } from "../../src/onnx/graph.ts";
import { softmax } from "../activations.ts";
import { merged, product } from "../attention.ts";
import { normal } from "../initializers.ts";
import { add, dropout, multiply } from "../layers.ts";
import {
  integers,
  layer,
  type LayerOptions,
  type Network,
  scalar,
  size,
  weight,
} from "../network.ts";
import { reshape, sizeAt, splitLast, transpose } from "../rearrange.ts";
import type { TextSizes } from "../text_network.ts";
import { DEVIATION, layerNorm } from "../tokens.ts";

/** Sizes of an XLNet. */
export type XlnetSizes = TextSizes;

/** Added to the variance of a layer normalisation. */
export const EPSILON = 1e-12;

/** What `relativeAttention` is told. */
export interface RelativeAttentionOptions extends LayerOptions {
  /** Sizes of the network. */
  readonly sizes: XlnetSizes;
  /** Sines and cosines of distances, `[2T, D]`. */
  readonly places: Value;
  /** Whether two tokens are of different segments, bool `[N, 1, T, T]`. */
  readonly others: Value;
  /** Added to the scores. */
  readonly bias: Value;
}

/**
 * Attention whose scores come from contents, distances and segments (Dai et al., "Transformer-XL",
 * 2019): softmax(((Q + u)·Kᵀ + shift((Q + v)·Rᵀ) + (Q + w)·S)/√d)·V, then a linear layer, the way around
 * and a normalisation.
 */
export function relativeAttention(
  net: Network,
  x: Value,
  options: RelativeAttentionOptions,
): Value {
  const { name, sizes, places, others, bias } = options;
  const { heads, dropout: ratio } = sizes;
  const width = sizes.hidden / heads;
  const query = split(net, projected(net, x, `${name}.q`, sizes), [`${name}.q`, sizes]);
  const shifted = (own: string) => {
    const start = normal(DEVIATION);
    const offset = weight(net, `${name}.${own}`, { dims: [heads, width], start });
    const sum = add(net, [query, offset], { name: `${name}.${own}.sum` });
    return transpose(net, sum, { name: `${name}.${own}.query`, order: [0, 2, 1, 3] });
  };
  const key = split(net, projected(net, x, `${name}.k`, sizes), [`${name}.k`, sizes]);
  const keys = transpose(net, key, { name: `${name}.keys`, order: [0, 2, 3, 1] });
  const contents = product(net, [shifted("r_w_bias"), keys], { name: `${name}.contents` });
  const distances = distanceScores(net, [shifted("r_r_bias"), places], { name, sizes });
  const segments = segmentScores(net, [shifted("r_s_bias"), others], { name, sizes });
  let scores = add(net, [contents, distances], { name: `${name}.placed` });
  scores = add(net, [scores, segments], { name: `${name}.segmented` });
  const factor = scalar(net, `${name}.factor`, 1 / Math.sqrt(width));
  scores = multiply(net, [scores, factor], { name: `${name}.scores` });
  scores = add(net, [scores, bias], { name: `${name}.biased` });
  const shares = dropout(net, softmax(net, scores, { name: `${name}.softmax` }), {
    name: `${name}.dropout`,
    ratio,
  });
  const value = split(net, projected(net, x, `${name}.v`, sizes), [`${name}.v`, sizes]);
  const values = transpose(net, value, { name: `${name}.values`, order: [0, 2, 1, 3] });
  const seen = merged(net, product(net, [shares, values], { name: `${name}.sum` }), { name });
  return around(net, [seen, x], { name, sizes });
}

/** The last layer of an attention, added to its input and normalised. */
function around(
  net: Network,
  [seen, x]: readonly [Value, Value],
  { name, sizes }: LayerOptions & { readonly sizes: XlnetSizes },
): Value {
  const matrix = transpose(net, matrixOf(net, `${name}.o`, sizes), {
    name: `${name}.o.transposed`,
    order: [1, 0],
  });
  const out = product(net, [seen, matrix], { name: `${name}.out` });
  const kept = dropout(net, out, { name: `${name}.out.dropout`, ratio: sizes.dropout });
  const sum = add(net, [kept, x], { name: `${name}.around` });
  return layerNorm(net, sum, { name: `${name}.layer_norm`, epsilon: EPSILON });
}

/** The weight called `name`, `[hidden, heads, d]`, as a matrix `[hidden, heads·d]`. */
function matrixOf(net: Network, name: string, { hidden, heads }: XlnetSizes): Value {
  const dims = [hidden, heads, hidden / heads];
  const stored = weight(net, name, { dims, start: normal(DEVIATION) });
  return reshape(net, stored, {
    name: `${name}.matrix`,
    to: [hidden, hidden],
    shape: [hidden, hidden],
  });
}

function projected(net: Network, x: Value, name: string, sizes: XlnetSizes): Value {
  return product(net, [x, matrixOf(net, name, sizes)], { name: `${name}.product` });
}

/** `[…, heads·d]` as `[…, heads, d]`. */
function split(net: Network, x: Value, [name, sizes]: readonly [string, XlnetSizes]): Value {
  const kept = x.shape!.slice(0, -1);
  const parts = [sizes.heads, sizes.hidden / sizes.heads];
  const to = [...kept.map(() => 0), ...parts];
  return reshape(net, x, { name: `${name}.parts`, to, shape: [...kept, ...parts] });
}

/** Scores by distance `[N, heads, T, T]`: those of all 2T distances, each row shifted to its own place. */
function distanceScores(
  net: Network,
  [query, places]: readonly [Value, Value],
  { name, sizes }: LayerOptions & { readonly sizes: XlnetSizes },
): Value {
  const own = `${name}.r`;
  const rows = split(net, projected(net, places, own, sizes), [own, sizes]);
  const turned = transpose(net, rows, { name: `${own}.turned`, order: [1, 2, 0] });
  const all = product(net, [query, turned], { name: `${own}.scores` });
  const shape: Dim[] = ["batch", sizes.heads, "sequence", "sequence"];
  // [T, 2T] read as [2T, T] without its first row is [T, 2T − 1] with row i moved by i.
  const length = sizeAt(net, query, { name: `${own}.length`, axis: 2 });
  const tall = reshaped(net, all, [length, integers(net, `${own}.left`, [-1])], {
    name: `${own}.tall`,
    shape: ["batch", sizes.heads, "distances", "sequence"],
    turned: true,
  });
  const slice = (x: Value, part: string, [start, end, axis]: readonly [Value, Value, number]) => {
    const inputs = [x, start, end, integers(net, `${own}.${part}.axes`, [axis])];
    return layer(net, "Slice", { name: `${own}.${part}`, inputs, shape });
  };
  const [zero, one, all64] = [0, 1, Number.MAX_SAFE_INTEGER].map((value) =>
    integers(net, `${own}.at.${value}`, [value])
  ) as [Value, Value, Value];
  const lower = slice(tall, "lower", [one, all64, 2]);
  const wide = reshaped(net, lower, [length, integers(net, `${own}.rest`, [-1])], {
    name: `${own}.wide`,
    shape: ["batch", sizes.heads, "sequence", "rest"],
    turned: false,
  });
  return slice(wide, "shifted", [zero, length, 3]);
}

/** `[N, heads, …]` with other last two axes: T and what is left, or the other way round where `turned`. */
function reshaped(
  net: Network,
  x: Value,
  [length, left]: readonly [Value, Value],
  { name, shape, turned }: LayerOptions & {
    readonly shape: readonly Dim[];
    readonly turned: boolean;
  },
): Value {
  const to = layer(net, "Concat", {
    name: `${name}.to`,
    inputs: [
      integers(net, `${name}.kept`, [0, size(x, 1)]),
      ...turned ? [left, length] : [length, left],
    ],
    shape: [4],
    type: "int64",
    attributes: { axis: int(0) },
  });
  return layer(net, "Reshape", { name, inputs: [x, to], shape });
}

/** Scores by segment `[N, heads, T, T]`: one number for tokens of the same segment, one for others. */
function segmentScores(
  net: Network,
  [query, others]: readonly [Value, Value],
  { name, sizes }: LayerOptions & { readonly sizes: XlnetSizes },
): Value {
  const own = `${name}.seg_embed`;
  const { heads, hidden } = sizes;
  const dims = [2, heads, hidden / heads];
  const stored = weight(net, own, { dims, start: normal(DEVIATION) });
  const turned = transpose(net, stored, { name: `${own}.turned`, order: [1, 2, 0] });
  const both = product(net, [query, turned], { name: `${own}.scores` });
  const parts = ["same", "other"];
  const [same, other] = splitLast(net, both, { name: own, parts }) as [Value, Value];
  const shape = ["batch", heads, "sequence", "sequence"];
  return layer(net, "Where", { name: `${own}.chosen`, inputs: [others, other, same], shape });
}
