import type { Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";

/** Queries, keys and values, each `[B, heads, length, size]`, and what bends their scores. */
export interface AttentionParts {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
  /** Added to the scores, each broadcast to `[B, heads, S, T]`. */
  readonly biases: readonly Value[];
  /** What the products are multiplied by. */
  readonly scale: number;
  /** Scores are bounded softly by this number; 0 leaves them. */
  readonly softcap: number;
  /** Whether −∞ may be added to all scores of a query, so that nothing is mixed for it. @default {false} */
  readonly canBeEmpty?: boolean;
}

/** What attention gives on its way. */
export interface AttentionResult {
  /** Products of queries and keys, scaled. */
  readonly products: Value;
  /** The same, softly bounded. */
  readonly capped: Value;
  /** The same with the biases. */
  readonly scores: Value;
  /** Softmax of the scores over the keys. */
  readonly shares: Value;
  /** Values by their shares, `[B, heads, S, size]`. */
  readonly mixed: Value;
}

/** softmax(scale·Q·Kᵀ + biases)·V (Vaswani et al., arXiv 1706.03762). */
export function attend(g: Builder, parts: AttentionParts): AttentionResult {
  const { queries, keys, values, biases, scale, softcap, canBeEmpty } = parts;
  const products = g.scale(g.matMul(queries, g.swapLast(keys)), scale);
  const capped = softcap === 0
    ? products
    : g.scale(g.unary("Tanh", g.scale(products, 1 / softcap)), softcap);
  const scores = biases.reduce((sum, bias) => g.add(sum, bias), capped);
  const shares = canBeEmpty ? sharesOrNone(g, scores) : g.softmax(scores, 3);
  return { products, capped, scores, shares, mixed: g.matMul(shares, values) };
}

/** Softmax over the keys, 0 for queries for which none counts. */
function sharesOrNone(g: Builder, scores: Value): Value {
  const isNone = g.compare(
    "Equal",
    g.reduce("ReduceMax", scores, [3]),
    g.scalar(-Infinity, scores),
  );
  const zero = g.scalar(0, scores);
  return g.where(isNone, zero, g.softmax(g.where(isNone, zero, scores), 3));
}

/** `[B, S, heads·size]` as `[B, heads, S, size]`. */
export function splitHeads(g: Builder, x: Value, heads: number): Value {
  const [batch, length, width] = dimsOf(x) as [number, number, number];
  return g.transpose(g.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** `[B, heads, S, size]` as `[B, S, heads·size]`. */
export function mergeHeads(g: Builder, x: Value): Value {
  const [batch, heads, length, size] = dimsOf(x) as [number, number, number, number];
  return g.reshape(g.transpose(x, [0, 2, 1, 3]), [batch, length, heads * size]);
}

/** 0 where `marks` is true, `filter` elsewhere. */
export function biasOf(g: Builder, marks: Value, filter: number, like: Value): Value {
  return g.where(marks, g.scalar(0, like), g.scalar(filter, like));
}

/** For each of `rows` queries which of `columns` keys are not later, `[rows, columns]`. */
export function notLater(g: Builder, rows: number, columns: number, past: number): Value {
  const marks = Array.from(
    { length: rows * columns },
    (_, at) => at % columns <= Math.floor(at / columns) + past ? 1 : 0,
  );
  return g.constant(tensor("bool", [rows, columns], marks));
}

/** Whether each of `columns` positions lies before its row's number: `[B, columns]` of `[B, 1]`. */
export function before(g: Builder, numbers: Value, columns: number): Value {
  const places = tensor(typeOf(numbers), [columns], Array.from({ length: columns }, (_, i) => i));
  return g.compare("Less", g.constant(places), numbers);
}
