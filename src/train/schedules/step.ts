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

/** The learning rate multiplied by `factor` every `epochs` epochs, as `torch.optim.lr_scheduler.StepLR`. */
export function stepDecay(options: StepDecayOptions = {}): Schedule {
  const { epochs = 7, factor = 0.1 } = checkOptions("stepDecay", schema, options);
  return (step, _total, stepsPerEpoch) =>
    factor ** Math.floor(Math.floor(step / stepsPerEpoch) / epochs);
}
