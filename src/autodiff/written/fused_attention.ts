import type { Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { attend, before, biasOf, mergeHeads, notLater, splitHeads } from "./attention_core.ts";
import type { WriteOut } from "./written.ts";

/** What masked scores are set to where every later position is masked. */
const LOWEST = -1e38;

/**
 * The runtime's fused self-attention, whose weights make queries, keys and values. Forms with a past,
 * rotary positions or masks of other kinds stay as they are.
 */
export const selfAttention: WriteOut = (g, node) => {
  const [x, weight, bias, mask, past, scoreBias, length] = node.inputs as [
    Value,
    Value,
    ...(Value | undefined)[],
  ];
  const isRotary = node.int("do_rotary", 0) === 1;
  if (past || length || isRotary || node.outputs.length > 1) return undefined;
  const [batch, rows] = dimsOf(x) as [number, number];
  const padding = mask && paddingMarks(g, mask, [batch, rows, rows]);
  if (mask && !padding) return undefined;
  const heads = node.int("num_heads", 1);
  const total = dimsOf(weight)[1]!;
  const sizes = node.ints("qkv_hidden_sizes") ?? [total / 3, total / 3, total / 3];
  const product = g.op("MatMul", [x, weight], [batch, rows, total]);
  const all = bias ? g.add(product, bias) : product;
  const ends = sizes.map((_, which) => sizes.slice(0, which + 1).reduce((a, b) => a + b, 0));
  const [queries, keys, values] = sizes.map((size, which) =>
    splitHeads(g, g.slice(all, [2], [ends[which]! - size], [ends[which]!]), heads)
  ) as [Value, Value, Value];
  const filter = node.float("mask_filter_value", -10000);
  const biases = [
    ...padding ? [biasOf(g, padding, filter, x)] : [],
    ...node.int("unidirectional", 0) === 1
      ? [biasOf(g, notLater(g, rows, rows, 0), LOWEST, x)]
      : [],
    ...scoreBias ? [scoreBias] : [],
  ];
  const scale = node.float("scale", 0) || 1 / Math.sqrt(sizes[0]! / heads);
  const { mixed } = attend(g, { queries, keys, values, biases, scale, softcap: 0 });
  return [mergeHeads(g, mixed)];
};

/**
 * The runtime's fused attention over queries, keys and values. Forms with a past or with all three
 * in one tensor stay as they are.
 */
export const multiHeadAttention: WriteOut = (g, node) => {
  const [query, key, value, bias, mask, scoreBias, ...past] = node.inputs as [
    Value,
    Value,
    Value,
    ...(Value | undefined)[],
  ];
  const isPacked = dimsOf(query).length !== 3 || !key || !value || dimsOf(key).length === 5;
  if (isPacked || past.some((one) => one)) return undefined;
  const heads = node.int("num_heads", 1);
  const [batch, rows, width] = dimsOf(query) as [number, number, number];
  const starts = [0, width, 2 * width];
  const apart = (x: Value, which: number) => {
    if (dimsOf(x).length === 4) return x;
    const from = starts[which]!;
    const own = bias && g.slice(bias, [0], [from], [from + dimsOf(x)[2]!]);
    return splitHeads(g, own ? g.add(x, own) : x, heads);
  };
  const [queries, keys, values] = [query, key, value].map(apart) as [Value, Value, Value];
  const columns = dimsOf(keys)[2]!;
  const padding = mask && paddingMarks(g, mask, [batch, rows, columns]);
  if (mask && !padding) return undefined;
  const biases = [
    ...padding ? [biasOf(g, padding, node.float("mask_filter_value", -10000), query)] : [],
    ...node.int("unidirectional", 0) === 1
      ? [biasOf(g, notLater(g, rows, columns, 0), LOWEST, query)]
      : [],
    ...scoreBias ? [scoreBias] : [],
  ];
  const scale = node.float("scale", 0) || 1 / Math.sqrt(width / heads);
  const { mixed } = attend(g, { queries, keys, values, biases, scale, softcap: 0 });
  return [mergeHeads(g, mixed), keys, values];
};

/** True where a key counts, `[B, 1, 1 or S, T]`, of lengths `[B]` or marks `[B, T]` or `[B, S, T]`. */
function paddingMarks(
  g: Builder,
  mask: Value,
  [batch, rows, columns]: readonly [number, number, number],
): Value | undefined {
  const shape = dimsOf(mask);
  if (shape.length === 1 && shape[0] === batch) {
    return g.reshape(before(g, g.reshape(mask, [batch, 1]), columns), [batch, 1, 1, columns]);
  }
  const isKnown = shape.length === 2 && shape[1] === columns ||
    shape.length === 3 && shape[1] === rows && shape[2] === columns;
  if (!isKnown) return undefined;
  const counts = g.compare("Greater", mask, g.scalar(0, mask));
  return g.reshape(counts, [batch, 1, shape.length === 3 ? rows : 1, columns]);
}
