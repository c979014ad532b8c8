import { z } from "zod";
import type { UpdateRule } from "../../artifacts/update/update_rule.ts";

/** An optimizer, as `sgd`, `adam` and `adamW` make it. */
export type Optimizer = UpdateRule;

/** A learning rate: above 0. */
export const rate: z.ZodType<number> = z.number().positive();

/** A decay or momentum: from 0 up to, but not including, 1. */
export const share: z.ZodType<number> = z.number().min(0).lt(1);

/** A number from 0 on. */
export const amount: z.ZodType<number> = z.number().min(0);
