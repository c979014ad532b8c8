import { z } from "zod";
import {
  add,
  divide,
  type Expr,
  multiply,
  squareRoot,
  subtract,
} from "../../artifacts/update/expression.ts";
import type { UpdateRule, UpdateTerms } from "../../artifacts/update/update_rule.ts";
import { checkOptions } from "../../tensor/options.ts";
import { amount, type Optimizer, rate, share } from "./optimizer.ts";

/** Options of `adam` and `adamW`. */
export interface AdamOptions {
  /** Step size. @default {1e-3} */
  readonly learningRate?: number;
  /** Decay of the mean of the gradients. @default {0.9} */
  readonly beta1?: number;
  /** Decay of the mean of their squares. @default {0.999} */
  readonly beta2?: number;
  /** Added to the root of the second mean. @default {1e-8} */
  readonly epsilon?: number;
  /** Decay of the weights towards 0. @default {0 for adam, 0.01 for adamW} */
  readonly weightDecay?: number;
}

/** What the options of `adam` and `adamW` may be. */
export const adamSchema: z.ZodType<AdamOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  epsilon: z.number().positive().optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<AdamOptions>;

/**
 * Adam, as `torch.optim.Adam` does it, with weight decay added to the gradient
 * (Kingma and Ba, arXiv 1412.6980).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adam } from "@graft/graft";
 *
 * assertEquals(adam().learningRate, 1e-3);
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("adam", adamSchema, options) };
  return adamRule("adam", settings, ({ parameter, gradient }) => ({
    parameter,
    gradient: settings.weightDecay > 0
      ? add(gradient, multiply(parameter, settings.weightDecay))
      : gradient,
  }));
}

/** Settings of Adam, none left out. */
export type AdamSettings = { readonly [Name in keyof AdamOptions]-?: number };

/** PyTorch's defaults. */
export const DEFAULTS: AdamSettings = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};

type Terms = UpdateTerms<"mean" | "square", "stepSize" | "rootCorrection" | "kept">;

/** The step that `adam` and `adamW` share; `decay` says what becomes of parameter and gradient first. */
export function adamRule(
  name: string,
  settings: AdamSettings,
  decay: (terms: Terms) => { parameter: Expr; gradient: Expr },
): Optimizer {
  const { beta1, beta2, epsilon, weightDecay, learningRate } = settings;
  const rule: UpdateRule<"mean" | "square", "stepSize" | "rootCorrection" | "kept"> = {
    name,
    learningRate,
    state: ["mean", "square"],
    settings: { ...settings },
    scalars: (step, learningRate) => ({
      stepSize: learningRate / (1 - beta1 ** step),
      rootCorrection: Math.sqrt(1 - beta2 ** step),
      kept: 1 - learningRate * weightDecay,
    }),
    update: (terms) => {
      const { state, scalar } = terms;
      const { parameter, gradient } = decay(terms);
      const mean = add(multiply(state.mean, beta1), multiply(gradient, 1 - beta1));
      const squared = multiply(multiply(gradient, gradient), 1 - beta2);
      const square = add(multiply(state.square, beta2), squared);
      const deviation = add(divide(squareRoot(square), scalar.rootCorrection), epsilon);
      return {
        parameter: subtract(parameter, multiply(scalar.stepSize, divide(mean, deviation))),
        state: { mean, square },
      };
    },
  };
  return rule as unknown as Optimizer;
}
