import { z } from "zod";
import type { UpdateTerms } from "../../artifacts/update/rule_parts.ts";
import { add, divide, multiply, squareRoot, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { runningMean, runningSquare, withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share, tiny } from "./optimizer.ts";

/** Options of `lamb`. */
export interface LambOptions {
  /** Step size, relative to the length of each tensor. @default {1e-3} */
  readonly learningRate?: number;
  /** Decay of the mean of the gradients. @default {0.9} */
  readonly beta1?: number;
  /** Decay of the mean of their squares. @default {0.999} */
  readonly beta2?: number;
  /** Added to the root of the second mean. @default {1e-6} */
  readonly epsilon?: number;
  /** Decay of the weights towards 0, inside the trust ratio. @default {0.01} */
  readonly weightDecay?: number;
}

const schema: z.ZodType<LambOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  epsilon: tiny.optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<LambOptions>;

const DEFAULTS = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
};

type State = "mean" | "square";
type Terms = UpdateTerms<State, "correction" | "rootCorrection" | "learningRate" | "trust">;

/**
 * Adam's step with weight decay, for each tensor made as long as the tensor itself times the rate, for
 * large batches (You et al., arXiv 1904.00962, algorithm 2): p ← p − lr·(‖p‖ / ‖u‖)·u with
 * u = m̂ / (√v̂ + ε) + weightDecay·p. The ratio is 1 where a length is 0.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lamb } from "@graft/graft";
 *
 * assertEquals(lamb().settings.weightDecay, 0.01);
 * ```
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("lamb", schema, options) };
  const { learningRate, beta1, beta2, epsilon, weightDecay } = settings;
  const moments = ({ gradient, state }: Terms) => ({
    mean: runningMean(state.mean, gradient, beta1),
    square: runningSquare(state.square, gradient, beta2),
  });
  const direction = (terms: Terms, { mean, square } = moments(terms)) => {
    const { scalar, parameter } = terms;
    const deviation = add(divide(squareRoot(square), scalar.rootCorrection), epsilon);
    return withDecay(divide(divide(mean, scalar.correction), deviation), parameter, weightDecay);
  };
  return asOptimizer<State, "correction" | "rootCorrection" | "learningRate" | "trust">({
    name: "lamb",
    learningRate,
    state: ["mean", "square"],
    settings,
    withWeightDecay: (weightDecay) => lamb({ ...settings, weightDecay }),
    scalars: (step, learningRate) => ({
      correction: 1 - beta1 ** step,
      rootCorrection: Math.sqrt(1 - beta2 ** step),
      learningRate,
      trust: 1,
    }),
    tensorNumbers: {
      lengths: (terms) => ({ weights: terms.parameter, update: direction(terms) }),
      scalars: ({ weights = 0, update = 0 }) => ({
        trust: weights > 0 && update > 0 ? weights / update : 1,
      }),
    },
    update: (terms) => {
      const state = moments(terms);
      const { parameter, scalar } = terms;
      const step = multiply(multiply(scalar.learningRate, scalar.trust), direction(terms, state));
      return { parameter: subtract(parameter, step), state };
    },
  });
}
