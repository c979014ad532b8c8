import { type ByClass, byClass, type Counts, countsOf, type CurveOptions } from "./one_vs_rest.ts";
import { checkScores, meanOfKnown, type Scored } from "./scored.ts";

/** A receiver operating characteristic; point `i` is what the threshold `i` gives. */
export interface RocCurve {
  /** Share of the negatives that are taken for positive, rising from 0 to 1. */
  readonly falsePositiveRate: readonly number[];
  /** Share of the positives that are found, rising from 0 to 1. */
  readonly truePositiveRate: readonly number[];
  /** The least score taken for positive, falling from infinity. */
  readonly thresholds: readonly number[];
  /** Area under the curve; NaN where there are no positives or no negatives. */
  readonly auc: number;
}

/**
 * The ROC curve of one class against the rest, as scikit-learn's `roc_curve` has it: examples of one
 * score are one point, and points on a straight line are left out. Throws `TypeError` for wrong
 * shapes, `RangeError` for a class that does not exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rocCurve } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * assertEquals(rocCurve({ probabilities, targets: [0, 0, 1, 1] }).auc, 0.75);
 * ```
 */
export function rocCurve(scored: Scored, options: CurveOptions = {}): RocCurve {
  const counts = countsOf("rocCurve", scored, options);
  const { positives, negatives, thresholds } = counts;
  const last = thresholds.length - 1;
  // A point on the line between its neighbours: both counts go on by the same steps.
  const bends = (list: readonly number[], at: number) =>
    list[at + 1]! - list[at]! !== list[at]! - list[at - 1]!;
  const kept = thresholds.map((_, at) => at).filter((at) =>
    at === 0 || at === last || bends(positives, at) || bends(negatives, at)
  );
  const share = (list: readonly number[]) => [0, ...kept.map((at) => list[at]! / list[last]!)];
  return {
    falsePositiveRate: share(negatives),
    truePositiveRate: share(positives),
    thresholds: [Infinity, ...kept.map((at) => thresholds[at]!)],
    auc: areaOf(counts),
  };
}

/**
 * The area under the ROC curve of each class against the rest, and their mean, as scikit-learn's
 * `roc_auc_score` with `multi_class="ovr"`. A class without examples, or with all of them, has none
 * and does not count in the mean. Throws as `rocCurve` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rocAuc } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * assertEquals(rocAuc({ probabilities, targets: [0, 0, 1, 1] }).macro, 0.75);
 * ```
 */
export function rocAuc(scored: Scored): ByClass {
  const perClass = byClass(checkScores("rocAuc", scored), areaOf);
  return { perClass, macro: meanOfKnown(perClass) };
}

/** By trapezia: of examples of one score, half the pairs count as in order. */
function areaOf({ positives, negatives }: Counts): number {
  let area = 0;
  positives.forEach((now, at) => {
    const width = negatives[at]! - (negatives[at - 1] ?? 0);
    area += width * (now + (positives[at - 1] ?? 0)) / 2;
  });
  return area / (positives.at(-1)! * negatives.at(-1)!);
}
