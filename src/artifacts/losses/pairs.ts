import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { LossContext } from "../loss.ts";
import { checkGroups } from "./targets.ts";

/** Which pairs of a batch belong together, float32 `[N, N]` of 0 and 1. */
export interface Pairs {
  /** Pairs of one group, an example with itself left out. */
  readonly positive: Value;
  /** Pairs of two groups. */
  readonly negative: Value;
}

/** A number beyond any distance or similarity. */
export const FAR = 1e9;
/** The least squared distance, whose root still has a slope. */
const LEAST = 1e-12;

/**
 * The pairs of a batch by its class indices `[N]`. Rows of weight 0, which may only fill the batch,
 * are in none. Throws `TypeError` for other targets.
 */
export function pairsOf(
  g: Builder,
  loss: string,
  { output, target, context }: {
    readonly output: Value;
    readonly target: Value;
    readonly context: LossContext;
  },
): Pairs {
  checkGroups(loss, output, target);
  const count = dimsOf(output)[0]!;
  const both = (value: Value) =>
    [g.reshape(value, [count, 1]), g.reshape(value, [1, count])] as const;
  const same = g.cast(g.compare("Equal", ...both(target)), "float32");
  const { weights } = context;
  const zero = g.scalar(0, "float32");
  const counts = weights && g.cast(g.compare("Greater", weights, zero), "float32");
  const present = (value: Value) => counts ? g.mul(value, g.mul(...both(counts))) : value;
  const others = Array.from({ length: count * count }, (_, i) => i % (count + 1) === 0 ? 0 : 1);
  return {
    positive: present(g.mul(same, g.constant(tensor("float32", [count, count], others)))),
    negative: present(g.shift(g.neg(same), 1)),
  };
}

/** Rows of length 1; a row of zeros stays as it is. */
export function normalised(g: Builder, rows: Value): Value {
  return g.op("LpNormalization", [rows], dimsOf(rows), { axis: 1, p: 2 });
}

/** Euclidean distances of all rows, `[N, N]`, the slope 0 where they coincide. */
export function distances(g: Builder, rows: Value): Value {
  return g.unary("Sqrt", squaredDistances(g, rows));
}

/** Squared distances of all rows, `[N, N]`: |a|² + |b|² − 2·a·b, the slope 0 where they coincide. */
export function squaredDistances(g: Builder, rows: Value): Value {
  const count = dimsOf(rows)[0]!;
  const lengths = g.reduce("ReduceSumSquare", rows, [1]);
  const sums = g.add(lengths, g.reshape(lengths, [1, count]));
  const squares = g.sub(sums, g.scale(g.gemm(rows, rows, { b: true }), 2));
  return g.op("Max", [squares, g.scalar(LEAST, rows)], [count, count]);
}

/** `value` where the mask is 1, `otherwise` elsewhere. */
export function masked(g: Builder, mask: Value, value: Value, otherwise: number): Value {
  return g.where(g.compare("Greater", mask, g.scalar(0, mask)), value, g.scalar(otherwise, value));
}

/** Whether a count is more than 0, as 0 or 1. */
export function some(g: Builder, counts: Value): Value {
  return g.cast(g.compare("Greater", counts, g.scalar(0, counts)), "float32");
}
