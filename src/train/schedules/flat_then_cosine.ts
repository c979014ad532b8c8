import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { between } from "./cosine.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `flatThenCosine`. */
export interface FlatThenCosineOptions {
  /** Share of the steps before the rate falls. @default {0.75} */
  readonly flat?: number;
  /** What is left of the learning rate at the end, as a share. @default {1e-5} */
  readonly minimum?: number;
}

const schema: z.ZodType<FlatThenCosineOptions> = z.strictObject({
  flat: z.number().min(0).lt(1).optional(),
  minimum: z.number().min(0).max(1).optional(),
}) as z.ZodType<FlatThenCosineOptions>;

/**
 * The same learning rate at first, then half a cosine down, as fastai's `fit_flat_cos`.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { flatThenCosine } from "@graft/graft";
 *
 * const schedule = flatThenCosine({ flat: 0.5, minimum: 0 });
 * assertEquals([0, 50].map((step) => schedule(step, 100, 10)), [1, 1]);
 * assertAlmostEquals(schedule(75, 100, 10), 0.5);
 * ```
 */
export function flatThenCosine(options: FlatThenCosineOptions = {}): Schedule {
  const { flat = 0.75, minimum = 1e-5 } = checkOptions("flatThenCosine", schema, options);
  return (step, total) => {
    const share = step / Math.max(1, total);
    return share < flat ? 1 : between(1, minimum, (share - flat) / (1 - flat));
  };
}
