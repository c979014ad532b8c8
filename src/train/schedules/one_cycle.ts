import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { between } from "./cosine.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `oneCycle`. */
export interface OneCycleOptions {
  /** Share of the steps in which the rate rises. @default {0.3} */
  readonly warmUp?: number;
  /** The first rate, as a share of the highest. @default {1/25} */
  readonly initial?: number;
  /** The last rate, as a share of the highest. @default {1/250000} */
  readonly final?: number;
}

const schema: z.ZodType<OneCycleOptions> = z.strictObject({
  warmUp: z.number().gt(0).lt(1).optional(),
  initial: z.number().positive().max(1).optional(),
  final: z.number().min(0).max(1).optional(),
}) as z.ZodType<OneCycleOptions>;

/**
 * Up to the optimizer's learning rate and down again along half cosines, as
 * `torch.optim.lr_scheduler.OneCycleLR` (momentum stays) (Smith and Topin, arXiv 1708.07120).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { oneCycle } from "@graft/graft";
 *
 * const schedule = oneCycle({ warmUp: 0.25 });
 * assertEquals(schedule(24, 100, 10), 1); // the last of the rising steps
 * ```
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  const { warmUp = 0.3, initial = 1 / 25, final = 1 / 250000 } = checkOptions(
    "oneCycle",
    schema,
    options,
  );
  return (step, total) => {
    const top = warmUp * total - 1;
    if (step <= top) return between(initial, 1, step / Math.max(top, 1e-9));
    return between(1, final, (step - top) / Math.max(total - 1 - top, 1e-9));
  };
}
