import { type ByClass, byClass, type Counts, countsOf, type CurveOptions } from "./one_vs_rest.ts";
import { checkScores, meanOfKnown, type Scored } from "./scored.ts";

/** Precision over recall; point `i` is what the threshold `i` gives, the last one none at all. */
export interface PrecisionRecallCurve {
  /** Share of the answers that are right; 1 at the end, where there are no answers. */
  readonly precision: readonly number[];
  /** Share of the positives that are found, falling from 1 to 0. */
  readonly recall: readonly number[];
  /** The least score taken for positive, rising; one fewer than the points. */
  readonly thresholds: readonly number[];
  /** Average precision: the precisions, each by the recall it adds. */
  readonly averagePrecision: number;
}

/**
 * The precision-recall curve of one class against the rest, as scikit-learn's
 * `precision_recall_curve` has it. Throws `TypeError` for wrong shapes, `RangeError` for a class that
 * does not exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { precisionRecallCurve } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * const { recall } = precisionRecallCurve({ probabilities, targets: [0, 0, 1, 1] });
 * assertEquals(recall, [1, 1, 0.5, 0.5, 0]);
 * ```
 */
export function precisionRecallCurve(
  scored: Scored,
  options: CurveOptions = {},
): PrecisionRecallCurve {
  const counts = countsOf("precisionRecallCurve", scored, options);
  const { positives, negatives, thresholds } = counts;
  const total = positives.at(-1)!;
  return {
    precision: [...positives.map((found, at) => found / (found + negatives[at]!)).reverse(), 1],
    recall: [...positives.map((found) => found / total).reverse(), 0],
    thresholds: [...thresholds].reverse(),
    averagePrecision: averageOf(counts),
  };
}

/**
 * The average precision of each class against the rest, and their mean, as scikit-learn's
 * `average_precision_score`. A class without examples has none and does not count in the mean.
 * Throws as `precisionRecallCurve` does.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { averagePrecision } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * const { perClass } = averagePrecision({ probabilities, targets: [0, 0, 1, 1] });
 * assertAlmostEquals(perClass[1]!, 0.8333, 1e-4);
 * ```
 */
export function averagePrecision(scored: Scored): ByClass {
  const perClass = byClass(checkScores("averagePrecision", scored), averageOf);
  return { perClass, macro: meanOfKnown(perClass) };
}

function averageOf({ positives, negatives }: Counts): number {
  let sum = 0;
  positives.forEach((found, at) => {
    sum += (found - (positives[at - 1] ?? 0)) * found / (found + negatives[at]!);
  });
  return sum / positives.at(-1)!;
}
