import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `stepDecay`. */
export interface StepDecayOptions {
  /** Epochs between drops. @default {7} */
  readonly epochs?: number;
  /** What the learning rate is multiplied by at each drop. @default {0.1} */
  readonly factor?: number;
}

const schema: z.ZodType<StepDecayOptions> = z.strictObject({
  epochs: z.number().positive().optional(),
  factor: z.number().positive().optional(),
}) as z.ZodType<StepDecayOptions>;

/**
 * The learning rate multiplied by `factor` every `epochs` epochs, as `torch.optim.lr_scheduler.StepLR`.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { stepDecay } from "@graft/graft";
 *
 * const schedule = stepDecay({ epochs: 3, factor: 0.5 });
 * assertAlmostEquals(schedule(60, 100, 10), 0.25); // step 60 begins the seventh epoch
 * ```
 */
export function stepDecay(options: StepDecayOptions = {}): Schedule {
  const { epochs = 7, factor = 0.1 } = checkOptions("stepDecay", schema, options);
  return (step, _total, stepsPerEpoch) =>
    factor ** Math.floor(Math.floor(step / stepsPerEpoch) / epochs);
}
