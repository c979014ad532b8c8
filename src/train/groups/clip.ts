import { z } from "zod";
import { element, maximum, minimum, multiply, scalar } from "../../artifacts/update/expression.ts";
import type { KernelOptions } from "../../artifacts/update/update_rule.ts";

/**
 * How gradients are kept from being too large: all of them together by their norm, as
 * `torch.nn.utils.clip_grad_norm_` does; each number, as `clip_grad_value_` does; or each unit of a
 * layer relative to its weights (Brock et al., arXiv 2102.06171), the classifier left out.
 */
export type Clip =
  | {
    /** Largest length (L2) of all gradients together; longer ones are scaled down. */
    readonly norm: number;
  }
  | {
    /** Largest size of a number in a gradient. */
    readonly value: number;
  }
  | {
    /** Largest length of a unit's gradient, relative to that of its weights. */
    readonly adaptive: number;
    /** Whether the classifier is clipped as well. @default {false} */
    readonly head?: boolean;
  };

const limit = z.number().positive();

/** What the option `clip` may be. */
export const clipSchema: z.ZodType<Clip> = z.union([
  z.strictObject({ norm: limit }),
  z.strictObject({ value: limit }),
  z.strictObject({ adaptive: limit, head: z.boolean().optional() }),
]).describe("{ norm: 1 }, { value: 0.5 } or { adaptive: 0.01 }") as z.ZodType<Clip>;

/** Added to the norm, so that it can be divided by. */
export const NORM_EPSILON = 1e-6;

/** What gradients are multiplied with where their norm together is `norm`. */
export function normFactor(limit: number, norm: number): number {
  return Math.min(1, limit / (norm + NORM_EPSILON));
}

/** The gradient as the update reads it: clipping by norm and by value costs no pass of its own. */
export function clippedGradient(clip: Clip | undefined): KernelOptions {
  const gradient = element("gradient");
  if (clip && "norm" in clip) {
    return { gradient: multiply(gradient, scalar("clipFactor")), scalars: ["clipFactor"] };
  }
  if (clip && "value" in clip) {
    return { gradient: maximum(minimum(gradient, clip.value), -clip.value) };
  }
  return {};
}
