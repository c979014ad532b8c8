import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `cosine`. */
export interface CosineOptions {
  /** What is left of the learning rate at the end, as a share. @default {0} */
  readonly minimum?: number;
}

const schema: z.ZodType<CosineOptions> = z.strictObject({
  minimum: z.number().min(0).max(1).optional(),
}) as z.ZodType<CosineOptions>;

/**
 * Half a cosine from 1 down to `minimum` (Loshchilov and Hutter, arXiv 1608.03983, without restarts).
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { cosine } from "@graft/graft";
 *
 * const schedule = cosine({ minimum: 0.1 });
 * assertAlmostEquals(schedule(50, 100, 10), 0.55);
 * ```
 */
export function cosine(options: CosineOptions = {}): Schedule {
  const { minimum = 0 } = checkOptions("cosine", schema, options);
  return (step, total) => between(1, minimum, step / Math.max(1, total));
}

/** From `start` to `end` along half a cosine, `progress` from 0 to 1. */
export function between(start: number, end: number, progress: number): number {
  return end + (start - end) / 2 * (1 + Math.cos(Math.PI * progress));
}
