import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Schedule } from "./schedule.ts";

/** One of the schedules of a `sequence`; of `share`, `epochs` and `steps` one says how long it runs. */
export interface SequencePart {
  /** The schedule; it sees its own steps only. */
  readonly schedule: Schedule;
  /** Share of all steps. */
  readonly share?: number;
  /** Number of epochs. */
  readonly epochs?: number;
  /** Number of steps. */
  readonly steps?: number;
  /** What its learning rates are multiplied by. @default {1} */
  readonly factor?: number;
}

const schema: z.ZodType<{ parts: readonly SequencePart[] }> = z.strictObject({
  parts: z.array(z.strictObject({
    schedule: z.custom<Schedule>((value) => typeof value === "function")
      .describe("a schedule, such as cosine()"),
    share: z.number().positive().max(1).optional(),
    epochs: z.number().positive().optional(),
    steps: z.number().int().positive().optional(),
    factor: z.number().positive().optional(),
  })).nonempty(),
}) as unknown as z.ZodType<{ parts: readonly SequencePart[] }>;

/**
 * Schedules one after the other, each as if its part were the whole run; the last takes what is left
 * where it does not say how long it runs. Throws `RangeError` where another part does not say so.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { constant, cosine, sequence } from "@graft/graft";
 *
 * const schedule = sequence([
 *   { schedule: cosine(), share: 0.5 },
 *   { schedule: constant(), factor: 0.1 },
 * ]);
 * assertAlmostEquals(schedule(25, 100, 10), 0.5);
 * assertEquals(schedule(50, 100, 10), 0.1);
 * ```
 */
export function sequence(parts: readonly SequencePart[]): Schedule {
  const checked = checkOptions("sequence", schema, { parts }).parts;
  checked.forEach((part, index) => checkLength(part, index, checked.length));
  return (step, total, stepsPerEpoch, history) => {
    let start = 0;
    for (const [index, part] of checked.entries()) {
      const left = Math.max(1, total - start);
      const length = Math.max(1, Math.round(lengthOf(part, total, stepsPerEpoch) ?? left));
      if (step < start + length || index === checked.length - 1) {
        const own = history?.slice(Math.floor(start / stepsPerEpoch));
        const at = Math.min(step - start, length);
        return (part.factor ?? 1) * part.schedule(at, length, stepsPerEpoch, own);
      }
      start += length;
    }
    return 1;
  };
}

function lengthOf(part: SequencePart, total: number, stepsPerEpoch: number): number | undefined {
  if (part.share !== undefined) return part.share * total;
  return part.epochs === undefined ? part.steps : part.epochs * stepsPerEpoch;
}

function checkLength({ share, epochs, steps }: SequencePart, index: number, count: number): void {
  const given = [share, epochs, steps].filter((length) => length !== undefined).length;
  if (given === 1 || given === 0 && index === count - 1) return;
  throw new RangeError(
    `sequence(): option "parts[${index}]" must have one of "share", "epochs" and "steps", found ` +
      `${given}; only the last part may leave them out`,
  );
}
