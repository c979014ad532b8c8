import { z } from "zod";
import { type Device, deviceOption } from "../runtime/device.ts";
import type { Report } from "../train/evaluate.ts";
import type { History } from "../train/history.ts";
import type { Calibration } from "../train/metrics/calibration.ts";
import type { ByClass } from "../train/metrics/one_vs_rest.ts";

/** Options of `report`. */
export interface ReportOptions {
  /** File to write the page to. @default {none is written} */
  readonly out?: string;
  /** How training went, for its curves. */
  readonly history?: History;
  /** Heading. @default the model's name */
  readonly title?: string;
  /** How many examples of the greatest losses are shown. @default {12} */
  readonly top?: number;
  /** How many examples of each cell of the confusion matrix are shown. @default {4} */
  readonly perCell?: number;
  /** Whether the maps of Grad-CAM are laid over the examples of the greatest losses. @default {true} */
  readonly gradCam?: boolean;
  /** What to say of the run, such as its learning rate, by name. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** What a report says. */
export interface ReportResult {
  /** The page: one HTML file that needs nothing else. */
  readonly html: string;
  /** As `evaluate` gives it. */
  readonly evaluation: Report;
  /** How far confidence and accuracy lie apart. */
  readonly calibration: Calibration;
  /** Area under the ROC curve. */
  readonly rocAuc: ByClass;
  /** Average precision. */
  readonly averagePrecision: ByClass;
  /** Mean recall of the classes. */
  readonly balancedAccuracy: number;
  /** Mean negative logarithm of the right class's probability. */
  readonly logLoss: number;
  /** Mean squared distance of the probabilities from the truth. */
  readonly brierScore: number;
  /** Cohen's kappa. */
  readonly cohenKappa: number;
  /** Matthews' correlation. */
  readonly matthewsCorrelation: number;
}

const count = z.number().int().min(0);

/** What the options of `report` must be. */
export const reportSchema: z.ZodType<ReportOptions> = z.strictObject({
  out: z.string().min(1).optional(),
  history: z.custom<History>((value) =>
    typeof value === "object" && value !== null && "epochs" in value
  ).describe("the history that fit() gives").optional(),
  title: z.string().min(1).optional(),
  top: count.optional(),
  perCell: count.optional(),
  gradCam: z.boolean().optional(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<ReportOptions>;
