import { answersOf, checkScores, type Scored } from "./scored.ts";

/**
 * Cohen's kappa: how much more often answers agree with the truth than chance would make them, 1 at
 * best, as scikit-learn's `cohen_kappa_score`. NaN where truth and answers are all of one class.
 * Throws `TypeError` for wrong shapes, `RangeError` for a class that does not exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cohenKappa } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [2, 2], data } as const;
 * assertEquals(cohenKappa({ probabilities, targets: [0, 1] }), 1);
 * ```
 */
export function cohenKappa(scored: Scored): number {
  const { count, right, truths, answers } = tallies("cohenKappa", scored);
  const chance = dot(truths, answers) / count;
  return (sum(right) - chance) / (count - chance);
}

/**
 * Matthews' correlation of answers and truth, from -1 to 1, for any number of classes (Gorodkin,
 * "Comparing two K-category assignments by a K-category correlation coefficient", 2004), as
 * scikit-learn's `matthews_corrcoef`: 0 where either is all of one class. Throws as `cohenKappa` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { matthewsCorrelation } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [2, 2], data } as const;
 * assertEquals(matthewsCorrelation({ probabilities, targets: [1, 0] }), -1);
 * ```
 */
export function matthewsCorrelation(scored: Scored): number {
  const { count, right, truths, answers } = tallies("matthewsCorrelation", scored);
  const covariance = sum(right) * count - dot(truths, answers);
  const spread = (count ** 2 - dot(answers, answers)) * (count ** 2 - dot(truths, truths));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}

/**
 * The mean of the classes' recalls, so that a rare class counts as much as a common one, as
 * scikit-learn's `balanced_accuracy_score`: over the classes that have examples. Throws as
 * `cohenKappa` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { balancedAccuracy } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * assertEquals(balancedAccuracy({ probabilities, targets: [0, 0, 0, 1] }), 0.5);
 * ```
 */
export function balancedAccuracy(scored: Scored): number {
  const { right, truths } = tallies("balancedAccuracy", scored);
  const recalls = truths.flatMap((total, c) => total === 0 ? [] : [right[c]! / total]);
  return sum(recalls) / recalls.length;
}

/** By class: right answers, examples and answers. */
function tallies(what: string, scored: Scored) {
  const checked = checkScores(what, scored);
  const zeros = () => new Array<number>(checked.classes).fill(0);
  const [right, truths, answers] = [zeros(), zeros(), zeros()];
  answersOf(checked).forEach((answer, row) => {
    const truth = checked.targets[row]!;
    truths[truth]!++;
    answers[answer]!++;
    if (answer === truth) right[truth]!++;
  });
  return { count: checked.count, right, truths, answers };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, at) => total + value * b[at]!, 0);
}
