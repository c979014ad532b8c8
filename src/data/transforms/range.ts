import { z } from "zod";
import type { Rng } from "../../tensor/rng.ts";

/** A schema for `[least, most]`, both more than `above` and `most` at the highest. */
export function range(
  { above, most = Infinity }: { above: number; most?: number },
): z.ZodType<readonly [number, number]> {
  const upTo = most === Infinity ? "" : ` and at most ${most}`;
  return z.tuple([z.number(), z.number()])
    .refine(([low, high]) => low > above && low <= high && high <= most)
    .describe(`[least, most], both above ${above}${upTo}`);
}

/** A schema for a probability. */
export const probability: z.ZodType<number> = z.number().min(0).max(1);

/** A schema for how far at most, either way, or `[least, most]`. */
export const spreadSchema: z.ZodType<number | readonly [number, number]> = z.union([
  z.number().min(0),
  z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high),
]).describe("a number, 0 or more, or [least, most]");

/** A number drawn evenly from such a range. */
export function spread(random: Rng, reach: number | readonly [number, number]): number {
  const [least, most] = typeof reach === "number" ? [-reach, reach] : reach;
  return least + (most - least) * random.uniform();
}
