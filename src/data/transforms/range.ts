import { z } from "zod";

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
