import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `exponential`. */
export interface ExponentialOptions {
  /** What is left of the learning rate after an epoch, as a share of what was. @default {0.95} */
  readonly factor?: number;
  /** Whether it falls from step to step, or once an epoch. @default {false} */
  readonly smooth?: boolean;
}

const schema: z.ZodType<ExponentialOptions> = z.strictObject({
  factor: z.number().positive().max(1).optional(),
  smooth: z.boolean().optional(),
}) as z.ZodType<ExponentialOptions>;

/**
 * The learning rate multiplied by `factor` after every epoch, as
 * `torch.optim.lr_scheduler.ExponentialLR`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exponential } from "@graft/graft";
 *
 * const schedule = exponential({ factor: 0.5 });
 * assertEquals([0, 9, 10, 20].map((step) => schedule(step, 30, 10)), [1, 1, 0.5, 0.25]);
 * ```
 */
export function exponential(options: ExponentialOptions = {}): Schedule {
  const { factor = 0.95, smooth = false } = checkOptions("exponential", schema, options);
  return (step, _total, stepsPerEpoch) => {
    const epochs = step / stepsPerEpoch;
    return factor ** (smooth ? epochs : Math.floor(epochs));
  };
}
