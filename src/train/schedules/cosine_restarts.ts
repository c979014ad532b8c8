import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { between } from "./cosine.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `cosineRestarts`. */
export interface CosineRestartsOptions {
  /** Epochs until the first restart. @default {10} */
  readonly epochs?: number;
  /** How many times as long as the one before each later cycle is. @default {1} */
  readonly growth?: number;
  /** What is left of the learning rate at the end of a cycle, as a share. @default {0} */
  readonly minimum?: number;
}

const schema: z.ZodType<CosineRestartsOptions> = z.strictObject({
  epochs: z.number().positive().optional(),
  growth: z.number().min(1).optional(),
  minimum: z.number().min(0).max(1).optional(),
}) as z.ZodType<CosineRestartsOptions>;

/**
 * Half cosines from 1 down to `minimum`, one after the other (SGDR: Loshchilov and Hutter, arXiv
 * 1608.03983), as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts` with T_0 `epochs` and T_mult
 * `growth`, stepped at every batch.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cosineRestarts } from "@graft/graft";
 *
 * const schedule = cosineRestarts({ epochs: 1, growth: 2 });
 * assertEquals([0, 5, 10, 20, 30].map((step) => schedule(step, 70, 10)), [1, 0.5, 1, 0.5, 1]);
 * ```
 */
export function cosineRestarts(options: CosineRestartsOptions = {}): Schedule {
  const { epochs = 10, growth = 1, minimum = 0 } = checkOptions("cosineRestarts", schema, options);
  return (step, _total, stepsPerEpoch) => {
    let length = epochs * stepsPerEpoch;
    let at = step;
    if (growth === 1) at %= length;
    while (at >= length) {
      at -= length;
      length *= growth;
    }
    return between(1, minimum, at / length);
  };
}
