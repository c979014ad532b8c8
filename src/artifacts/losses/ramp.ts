import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";

/** A number that changes over training: from how far it is, 0 at its first step and 1 at its end. */
export type Ramp = (progress: number) => number;

/** Options of `rampUp`. */
export interface RampUpOptions {
  /** How fast it rises: the higher, the sooner it is near 1. @default {10} */
  readonly gamma?: number;
}

const schema: z.ZodType<RampUpOptions> = z.strictObject({
  gamma: z.number().positive().optional(),
}) as z.ZodType<RampUpOptions>;

/** What functions take as a number that may change over training. */
export const rampSchema: z.ZodType<number | Ramp> = z.union([
  z.number(),
  z.custom<Ramp>((value) => typeof value === "function").describe("a function of progress"),
]);

/**
 * From 0 to 1 over training, λ = 2/(1 + exp(−γp)) − 1 with the progress p (Ganin et al. 2016,
 * "Domain-adversarial training of neural networks", section 5.2.2): what is learned of the labels
 * comes first.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { rampUp } from "@graft/graft";
 *
 * const strength = rampUp();
 * assertAlmostEquals(strength(0), 0);
 * assertAlmostEquals(strength(0.1), 0.4621, 1e-4);
 * assertAlmostEquals(strength(1), 0.9999, 1e-4);
 * ```
 */
export function rampUp(options: RampUpOptions = {}): Ramp {
  const { gamma = 10 } = checkOptions("rampUp", schema, options);
  return (progress) => 2 / (1 + Math.exp(-gamma * progress)) - 1;
}

/** What tells a ramp from another one in the settings of a loss. */
export function rampKey(ramp: number | Ramp): number | readonly number[] {
  return typeof ramp === "number" ? ramp : [0, 0.1, 0.3, 0.5, 0.7, 1].map(ramp);
}
