import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `polynomial`. */
export interface PolynomialOptions {
  /** The power; 1 is a straight line. @default {1} */
  readonly power?: number;
  /** What is left of the learning rate at the end, as a share. @default {0} */
  readonly minimum?: number;
}

/** Options of `linearDecay`. */
export type LinearDecayOptions = Pick<PolynomialOptions, "minimum">;

const minimum = z.number().min(0).max(1).optional();
const schema: z.ZodType<PolynomialOptions> = z.strictObject({
  power: z.number().positive().optional(),
  minimum,
}) as z.ZodType<PolynomialOptions>;
const linearSchema: z.ZodType<LinearDecayOptions> = z.strictObject({ minimum }) as z.ZodType<
  LinearDecayOptions
>;

/**
 * From 1 down to `minimum` as a power of the share of steps that is left, as
 * `torch.optim.lr_scheduler.PolynomialLR`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { polynomial } from "@graft/graft";
 *
 * assertEquals(polynomial({ power: 2 })(50, 100, 10), 0.25);
 * ```
 */
export function polynomial(options: PolynomialOptions = {}): Schedule {
  const { power = 1, minimum = 0 } = checkOptions("polynomial", schema, options);
  return falling(power, minimum);
}

/**
 * A straight line from 1 down to `minimum`, as `torch.optim.lr_scheduler.LinearLR`; after `warmUp`,
 * the usual schedule for transformers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { linearDecay, warmUp } from "@graft/graft";
 *
 * assertEquals(linearDecay({ minimum: 0.5 })(50, 100, 10), 0.75);
 * const schedule = warmUp(0.1, linearDecay());
 * assertEquals([10, 55].map((step) => schedule(step, 100, 10)), [1, 0.5]);
 * ```
 */
export function linearDecay(options: LinearDecayOptions = {}): Schedule {
  const { minimum = 0 } = checkOptions("linearDecay", linearSchema, options);
  return falling(1, minimum);
}

function falling(power: number, minimum: number): Schedule {
  return (step, total) => {
    const left = Math.max(0, 1 - step / Math.max(1, total));
    return minimum + (1 - minimum) * left ** power;
  };
}
