import { checkScores, type Scored } from "./scored.ts";

/** The gap between 1 and the next number, by element type. */
const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/**
 * The mean negative logarithm of the right class's probability, as scikit-learn's `log_loss`:
 * probabilities stay as far from 0 and 1 as their type can tell. Throws `TypeError` for wrong
 * shapes, `RangeError` for a class that does not exist.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { logLoss } from "@graft/graft";
 *
 * const probabilities = { type: "float64", dims: [1, 2], data: Float64Array.of(0.5, 0.5) } as const;
 * assertAlmostEquals(logLoss({ probabilities, targets: [0] }), Math.LN2);
 * ```
 */
export function logLoss(scored: Scored): number {
  const { count, classes, probabilities, targets } = checkScores("logLoss", scored);
  const least = EPSILON[scored.probabilities.type as "float32" | "float64"];
  let sum = 0;
  targets.forEach((label, row) => {
    const probability = probabilities[row * classes + label]!;
    sum -= Math.log(Math.min(1 - least, Math.max(least, probability)));
  });
  return sum / count;
}

/**
 * The Brier score: the mean squared distance of the probabilities from the truth, from 0 to 2, or
 * half of it where there are two classes, as scikit-learn's `brier_score_loss`. Throws as `logLoss`
 * does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { brierScore } from "@graft/graft";
 *
 * const probabilities = { type: "float64", dims: [1, 2], data: Float64Array.of(0.5, 0.5) } as const;
 * assertEquals(brierScore({ probabilities, targets: [0] }), 0.25);
 * ```
 */
export function brierScore(scored: Scored): number {
  const { count, classes, probabilities, targets } = checkScores("brierScore", scored);
  let sum = 0;
  targets.forEach((label, row) => {
    for (let c = 0; c < classes; c++) {
      sum += (probabilities[row * classes + c]! - (c === label ? 1 : 0)) ** 2;
    }
  });
  return sum / count / (classes === 2 ? 2 : 1);
}
