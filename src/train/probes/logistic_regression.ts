import { z } from "zod";
import { type Device, deviceOption } from "../../runtime/device.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import { checkOptions } from "../../tensor/options.ts";
import { stderrProgress } from "../progress.ts";
import type { LabelledRows } from "./rows.ts";
import { type FeatureOrigin, type LogisticRegression, SoftmaxFit } from "./softmax_fit.ts";

/** Options of `logisticRegression`. */
export interface LogisticRegressionOptions {
  /** How little the weights are drawn to zero, as scikit-learn's `C`. @default {1} */
  readonly C?: number;
  /**
   * The largest slope that counts as none, of the mean loss along parameters whose curvature is about 1.
   * @default {1e-5}
   */
  readonly tolerance?: number;
  /** Steps at most. @default {1000} */
  readonly maxIterations?: number;
  /** Whether there are biases; they are not drawn to zero. @default {true} */
  readonly bias?: boolean;
  /** How much the rows of each class count; `"balanced"`: all classes as much. @default {1 each} */
  readonly classWeights?: "balanced" | readonly number[];
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<LogisticRegressionOptions> = z.strictObject({
  C: z.number().positive().optional(),
  tolerance: z.number().positive().optional(),
  maxIterations: z.number().int().positive().optional(),
  bias: z.boolean().optional(),
  classWeights: z.union([z.literal("balanced"), z.array(z.number().min(0)).min(2)]).optional(),
  device: deviceOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<LogisticRegressionOptions>;

/**
 * Softmax regression on features, to the optimum that scikit-learn's `LogisticRegression` has: the
 * least of C·Σ cross entropy + ½‖W‖², by L-BFGS. With two classes the weights are those of
 * scikit-learn's one row w as −w/2 and w/2, which gives the same probabilities. Throws `RangeError`
 * where fewer than two classes have rows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logisticRegression } from "@graft/graft";
 *
 * const features = { data: Float32Array.of(-2, -1, 1, 2), shape: [4, 1], targets: [0, 0, 1, 1] };
 * const probe = await logisticRegression(features, { verbose: false });
 * assertEquals(await probe.score(features), 1);
 * ```
 */
export async function logisticRegression(
  features: LabelledRows & FeatureOrigin,
  options: LogisticRegressionOptions = {},
): Promise<LogisticRegression> {
  const { device = "auto", verbose = true, C = 1, ...rest } = checkOptions(
    "logisticRegression",
    schema,
    options,
  );
  const progress = stderrProgress(verbose, "logistic regression");
  const runtime = await runtimeFor(device, progress.note);
  const fitting = await SoftmaxFit.on(runtime, features, rest);
  try {
    return await fitting.at(
      C,
      (step, most, loss) => progress.at(step, most, `loss ${loss.toFixed(5)}`),
    );
  } finally {
    progress.done();
    await fitting.release();
  }
}
