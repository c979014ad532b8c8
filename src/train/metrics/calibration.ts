import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { answersOf, checkScores, type Scored } from "./scored.ts";

/** Options of `calibration`. */
export interface CalibrationOptions {
  /** Number of bins, all of one width. @default {15} */
  readonly bins?: number;
}

/** Examples whose answers are about equally sure. */
export interface CalibrationBin {
  /** Least confidence of the bin, left out itself. */
  readonly above: number;
  /** Greatest confidence of the bin. */
  readonly upTo: number;
  /** Examples in it. */
  readonly count: number;
  /** Mean probability of their answers; NaN in an empty bin. */
  readonly confidence: number;
  /** Share of right answers; NaN in an empty bin. */
  readonly accuracy: number;
}

/** How far confidence and accuracy lie apart. */
export interface Calibration {
  /** Expected calibration error: the mean gap between confidence and accuracy, by examples. */
  readonly ece: number;
  /** The greatest gap of a bin. */
  readonly maximum: number;
  /** Mean probability of the answers. */
  readonly confidence: number;
  /** Share of right answers. */
  readonly accuracy: number;
  /** The bins, by confidence. */
  readonly bins: readonly CalibrationBin[];
}

const schema: z.ZodType<CalibrationOptions> = z.strictObject({
  bins: z.number().int().positive().optional(),
}) as z.ZodType<CalibrationOptions>;

/**
 * Whether answers are as often right as they are sure: the expected calibration error and the bins of
 * a reliability diagram, over the probability of each example's answer (Guo, Pleiss, Sun and
 * Weinberger, "On Calibration of Modern Neural Networks", 2017). A bin holds its upper end.
 *
 * Throws `TypeError` for wrong shapes, `RangeError` for a class that does not exist.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { calibration } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.9, 0.1);
 * const probabilities = { type: "float64", dims: [2, 2], data } as const;
 * const { ece } = calibration({ probabilities, targets: [0, 1] });
 * assertAlmostEquals(ece, 0.4); // 90 % sure, 50 % right
 * ```
 */
export function calibration(scored: Scored, options: CalibrationOptions = {}): Calibration {
  const { bins: size = 15 } = checkOptions("calibration", schema, options);
  const checked = checkScores("calibration", scored);
  const { count, classes, probabilities, targets } = checked;
  const sums = Array.from({ length: size }, () => ({ count: 0, confidence: 0, right: 0 }));
  answersOf(checked).forEach((answer, row) => {
    const confidence = probabilities[row * classes + answer]!;
    const bin = sums[Math.min(size - 1, Math.max(0, Math.ceil(confidence * size) - 1))]!;
    bin.count++;
    bin.confidence += confidence;
    if (answer === targets[row]) bin.right++;
  });
  const bins = sums.map((bin, at): CalibrationBin => ({
    above: at / size,
    upTo: (at + 1) / size,
    count: bin.count,
    confidence: bin.confidence / bin.count,
    accuracy: bin.right / bin.count,
  }));
  const filled = bins.filter((bin) => bin.count > 0);
  const gap = (bin: CalibrationBin) => Math.abs(bin.confidence - bin.accuracy);
  return {
    ece: filled.reduce((sum, bin) => sum + bin.count * gap(bin), 0) / count,
    maximum: Math.max(...filled.map(gap)),
    confidence: sums.reduce((sum, bin) => sum + bin.confidence, 0) / count,
    accuracy: sums.reduce((sum, bin) => sum + bin.right, 0) / count,
    bins,
  };
}
