import type { Schedule } from "./schedule.ts";

/**
 * A straight rise from 0 over the first steps, then the schedule given over the rest. `steps` below 1
 * is a share of all steps. Throws `RangeError` where it is not above 0.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cosine, warmUp } from "@graft/graft";
 *
 * const schedule = warmUp(4, cosine());
 * assertEquals(schedule(1, 100, 10), 0.4);
 * assertEquals(schedule(4, 100, 10), 1);
 * ```
 */
export function warmUp(steps: number, then: Schedule): Schedule {
  if (!(steps > 0)) throw new RangeError(`warmUp(): steps must be above 0, found ${steps}`);
  return (step, total, stepsPerEpoch, history) => {
    const rise = steps < 1 ? Math.round(steps * total) : steps;
    if (step < rise) return (step + 1) / (rise + 1);
    return then(step - rise, Math.max(1, total - rise), stepsPerEpoch, history);
  };
}
