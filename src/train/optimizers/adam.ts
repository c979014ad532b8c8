import { z } from "zod";
import {
  add,
  divide,
  maximum,
  multiply,
  squareRoot,
  subtract,
} from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { runningMean, runningSquare, shrunk, withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share, tiny } from "./optimizer.ts";

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
  /**
   * Whether steps are divided by the largest second mean so far, which keeps them from growing again
   * (Reddi et al., arXiv 1904.09237). @default {false}
   */
  readonly amsgrad?: boolean;
}

/** What the options of `adam` and `adamW` may be. */
export const adamSchema: z.ZodType<AdamOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  epsilon: tiny.optional(),
  weightDecay: amount.optional(),
  amsgrad: z.boolean().optional(),
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
  return adamRule("adam", { ...DEFAULTS, ...checkOptions("adam", adamSchema, options) });
}

/** Settings of Adam, none left out that has a number. */
export type AdamSettings =
  & { readonly [Name in Exclude<keyof AdamOptions, "amsgrad">]-?: number }
  & Pick<AdamOptions, "amsgrad">;

/** PyTorch's defaults. */
export const DEFAULTS: AdamSettings = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};

/** The rule of `adam` and `adamW`, by name: the second decays the weights themselves. */
export function adamRule(name: "adam" | "adamW", settings: AdamSettings): Optimizer {
  const { beta1, beta2, epsilon, weightDecay, learningRate } = settings;
  const { amsgrad = false, ...numbers } = settings;
  const isDecoupled = name === "adamW";
  return asOptimizer<"mean" | "square" | "largest", "stepSize" | "rootFactor" | "kept">({
    name,
    learningRate,
    state: amsgrad ? ["mean", "square", "largest"] : ["mean", "square"],
    settings: amsgrad ? { ...numbers, amsgrad } : numbers,
    withWeightDecay: (weightDecay) => adamRule(name, { ...settings, weightDecay }),
    scalars: (step, learningRate) => ({
      stepSize: learningRate / (1 - beta1 ** step),
      rootFactor: 1 / Math.sqrt(1 - beta2 ** step),
      kept: 1 - learningRate * weightDecay,
    }),
    update: ({ parameter, gradient, state, scalar }) => {
      const start = isDecoupled ? shrunk(parameter, scalar.kept, weightDecay) : parameter;
      const slope = isDecoupled ? gradient : withDecay(gradient, parameter, weightDecay);
      const mean = runningMean(state.mean, slope, beta1);
      const square = runningSquare(state.square, slope, beta2);
      const largest = amsgrad ? maximum(state.largest, square) : square;
      const deviation = add(multiply(squareRoot(largest), scalar.rootFactor), epsilon);
      return {
        parameter: subtract(start, multiply(scalar.stepSize, divide(mean, deviation))),
        state: { mean, square, largest },
      };
    },
  });
}
