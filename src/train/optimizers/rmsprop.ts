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
import { runningMean, runningSquare, withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share, tiny } from "./optimizer.ts";

/** Options of `rmsprop`. */
export interface RmspropOptions {
  /** Step size. @default {0.01} */
  readonly learningRate?: number;
  /** Decay of the mean of the squared gradients. @default {0.99} */
  readonly alpha?: number;
  /** Added to the root of that mean. @default {1e-8} */
  readonly epsilon?: number;
  /** How much of the velocity stays from step to step. @default {0} */
  readonly momentum?: number;
  /** Whether gradients are divided by their variance, not their mean square. @default {false} */
  readonly centered?: boolean;
  /** Decay of the weights towards 0, added to the gradient. @default {0} */
  readonly weightDecay?: number;
}

const schema: z.ZodType<RmspropOptions> = z.strictObject({
  learningRate: rate.optional(),
  alpha: share.optional(),
  epsilon: tiny.optional(),
  momentum: share.optional(),
  centered: z.boolean().optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<RmspropOptions>;

const DEFAULTS = {
  learningRate: 0.01,
  alpha: 0.99,
  epsilon: 1e-8,
  momentum: 0,
  centered: false,
  weightDecay: 0,
};

/**
 * Gradients divided by the root of their mean square, as `torch.optim.RMSprop` does it
 * (Hinton, 2012; centered: Graves, arXiv 1308.0850).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rmsprop } from "@graft/graft";
 *
 * assertEquals(rmsprop({ momentum: 0.9 }).state, ["square", "velocity"]);
 * ```
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("rmsprop", schema, options) };
  const { learningRate, alpha, epsilon, momentum, centered, weightDecay } = settings;
  return asOptimizer<"square" | "mean" | "velocity", "learningRate">({
    name: "rmsprop",
    learningRate,
    state: [
      "square",
      ...(centered ? ["mean" as const] : []),
      ...(momentum > 0 ? ["velocity" as const] : []),
    ],
    settings,
    withWeightDecay: (weightDecay) => rmsprop({ ...settings, weightDecay }),
    scalars: (_step, learningRate) => ({ learningRate }),
    update: ({ parameter, gradient, state, scalar }) => {
      const slope = withDecay(gradient, parameter, weightDecay);
      const square = runningSquare(state.square, slope, alpha);
      const mean = centered ? runningMean(state.mean, slope, alpha) : square;
      // Rounding may leave a variance of nothing just below 0.
      const spread = centered ? maximum(subtract(square, multiply(mean, mean)), 0) : square;
      const scaled = divide(slope, add(squareRoot(spread), epsilon));
      const velocity = momentum > 0 ? add(multiply(state.velocity, momentum), scaled) : scaled;
      return {
        parameter: subtract(parameter, multiply(scalar.learningRate, velocity)),
        state: { square, mean, velocity },
      };
    },
  });
}
