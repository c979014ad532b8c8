import { z } from "zod";
import type { UpdateRule } from "../../artifacts/update/update_rule.ts";

/** An optimizer, as `sgd`, `adamW` and the others make it. */
export type Optimizer = UpdateRule;

/** A rule as `fit` takes it: its own names of state and scalars are forgotten. */
export function asOptimizer<State extends string, Scalar extends string>(
  rule: UpdateRule<State, Scalar>,
): Optimizer {
  return rule as unknown as Optimizer;
}

/** A learning rate: above 0. */
export const rate: z.ZodType<number> = z.number().positive();

/** A decay or momentum: from 0 up to, but not including, 1. */
export const share: z.ZodType<number> = z.number().min(0).lt(1);

/** A number from 0 on. */
export const amount: z.ZodType<number> = z.number().min(0);

/** A number above 0 that keeps a divisor from being 0. */
export const tiny: z.ZodType<number> = z.number().positive();

/** An optimizer among the options of a function. */
export const optimizerSchema: z.ZodType<Optimizer> = z.custom<Optimizer>((value) =>
  typeof value === "object" && value !== null && "update" in value
).describe("an optimizer, such as adamW()");
