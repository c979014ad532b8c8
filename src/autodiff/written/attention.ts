import type { Node, Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import { attend, before, biasOf, mergeHeads, notLater, splitHeads } from "./attention_core.ts";
import type { WriteOut } from "./written.ts";

/**
 * ONNX's own Attention: queries, keys and values with or without an axis of heads, fewer heads of
 * keys than of queries, a past before them, masks, causality and soft bounds.
 */
export const attention: WriteOut = (g, node) => {
  const [q, k, v, mask, pastKeys, pastValues, lengths] = node.inputs as [
    Value,
    Value,
    Value,
    ...(Value | undefined)[],
  ];
  const hasHeads = dimsOf(q).length === 4;
  const apart = (x: Value, attribute: string) =>
    hasHeads ? x : splitHeads(g, x, node.int(attribute, 1));
  const queries = apart(q, "q_num_heads");
  const keys = afterPast(g, pastKeys, apart(k, "kv_num_heads"));
  const values = afterPast(g, pastValues, apart(v, "kv_num_heads"));
  const [, heads, rows, size] = dimsOf(queries) as [number, number, number, number];
  const columns = dimsOf(keys)[2]!;
  const past = pastKeys ? dimsOf(pastKeys)[2]! : 0;
  const biases = [
    ...mask ? [maskBias(g, mask, columns, q)] : [],
    ...node.int("is_causal", 0) === 1
      ? [biasOf(g, notLater(g, rows, columns, past), -Infinity, q)]
      : [],
    ...lengths ? [lengthBias(g, lengths, columns, q)] : [],
  ];
  const made = attend(g, {
    queries,
    keys: repeatHeads(g, keys, heads),
    values: repeatHeads(g, values, heads),
    biases,
    scale: node.float("scale", 1 / Math.sqrt(size)),
    softcap: node.float("softcap", 0),
    canBeEmpty: Boolean(mask ?? lengths),
  });
  const y = hasHeads ? made.mixed : mergeHeads(g, made.mixed);
  return [y, keys, values, scoresOf(node, made)];
};

/** The scores that the node shows: as they are made, bounded, with biases too, or as shares. */
function scoresOf(node: Node, made: ReturnType<typeof attend>): Value {
  const mode = node.int("qk_matmul_output_mode", 0);
  return [made.products, made.capped, made.scores, made.shares][mode]!;
}

function afterPast(g: Builder, past: Value | undefined, now: Value): Value {
  return past ? g.concat([past, now], 2) : now;
}

/** Each head as often as several heads of queries share it. */
function repeatHeads(g: Builder, x: Value, heads: number): Value {
  const [batch, own, length, size] = dimsOf(x) as [number, number, number, number];
  if (own === heads) return x;
  const wide = g.expand(g.reshape(x, [batch, own, 1, length, size]), [
    batch,
    own,
    heads / own,
    length,
    size,
  ]);
  return g.reshape(wide, [batch, heads, length, size]);
}

/** A mask of truth values or of numbers to be added; keys that it does not reach do not count. */
function maskBias(g: Builder, mask: Value, columns: number, like: Value): Value {
  const bias = typeOf(mask) === "bool" ? biasOf(g, mask, -Infinity, like) : mask;
  const shape = dimsOf(bias);
  const missing = columns - shape.at(-1)!;
  if (missing <= 0 || shape.at(-1) === 1) return bias;
  const rest = g.full([...shape.slice(0, -1), missing], -Infinity, typeOf(like));
  return g.concat([bias, rest], shape.length - 1);
}

/** Keys at and after each row's length do not count. */
function lengthBias(g: Builder, lengths: Value, columns: number, like: Value): Value {
  const [batch] = dimsOf(lengths) as [number];
  const marks = before(g, g.reshape(lengths, [batch, 1]), columns);
  return biasOf(g, g.reshape(marks, [batch, 1, 1, columns]), -Infinity, like);
}
