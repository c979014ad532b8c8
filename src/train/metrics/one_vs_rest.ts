import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { type CheckedScores, checkScores, type Scored } from "./scored.ts";

/** Options of `rocCurve` and `precisionRecallCurve`. */
export interface CurveOptions {
  /** Index of the class that counts as positive; all others are negative. @default {1} */
  readonly class?: number;
}

/** Positives and negatives found, at each threshold that changes them. */
export interface Counts {
  /** Scores from the highest down, each once. */
  readonly thresholds: readonly number[];
  /** Positives with at least that score. */
  readonly positives: readonly number[];
  /** Negatives with at least that score. */
  readonly negatives: readonly number[];
}

const schema: z.ZodType<CurveOptions> = z.strictObject({
  class: z.number().int().min(0).optional(),
}) as z.ZodType<CurveOptions>;

/** The counts of one class against the rest. Throws `RangeError` for a class that does not exist. */
export function countsOf(what: string, scored: Scored, options: CurveOptions): Counts {
  const { class: positive = 1 } = checkOptions(what, schema, options);
  const checked = checkScores(what, scored);
  if (positive >= checked.classes) {
    throw new RangeError(
      `${what}(): option "class" must be one of the ${checked.classes} classes, from 0, found ` +
        positive,
    );
  }
  return cumulativeCounts(checked, positive);
}

/** Examples of one score are counted together, as their order says nothing. */
export function cumulativeCounts(
  { count, classes, probabilities, targets }: CheckedScores,
  positive: number,
): Counts {
  const score = (row: number) => probabilities[row * classes + positive]!;
  const order = Array.from({ length: count }, (_, row) => row).sort((a, b) => score(b) - score(a));
  const counts = {
    thresholds: [] as number[],
    positives: [] as number[],
    negatives: [] as number[],
  };
  let found = 0;
  order.forEach((row, at) => {
    if (targets[row] === positive) found++;
    const next = order[at + 1];
    if (next !== undefined && score(next) === score(row)) return;
    counts.thresholds.push(score(row));
    counts.positives.push(found);
    counts.negatives.push(at + 1 - found);
  });
  return counts;
}

/** What `of` gives for each class of checked answers, by class. */
export function byClass(
  checked: CheckedScores,
  of: (counts: Counts) => number,
): number[] {
  return Array.from(
    { length: checked.classes },
    (_, positive) => of(cumulativeCounts(checked, positive)),
  );
}

/** A number for each class against the rest, and their mean. */
export interface ByClass {
  /** By class; NaN where the examples do not say. */
  readonly perClass: readonly number[];
  /** The mean over the classes that have one. */
  readonly macro: number;
}
