import { z } from "zod";
import { add, divide, multiply, squareRoot, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { runningMean, runningSquare, shrunk, withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share, tiny } from "./optimizer.ts";

/** Options of `nadam`. */
export interface NadamOptions {
  /** Step size. @default {2e-3} */
  readonly learningRate?: number;
  /** Decay of the mean of the gradients. @default {0.9} */
  readonly beta1?: number;
  /** Decay of the mean of their squares. @default {0.999} */
  readonly beta2?: number;
  /** Added to the root of the second mean. @default {1e-8} */
  readonly epsilon?: number;
  /** Decay of the weights towards 0. @default {0} */
  readonly weightDecay?: number;
  /** Whether decay acts on the weights themselves, as in `adamW`, or by the gradient. @default {false} */
  readonly decoupled?: boolean;
  /** How fast the momentum warms up: ψ of the paper. @default {4e-3} */
  readonly momentumDecay?: number;
}

const schema: z.ZodType<NadamOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  epsilon: tiny.optional(),
  weightDecay: amount.optional(),
  decoupled: z.boolean().optional(),
  momentumDecay: amount.optional(),
}) as z.ZodType<NadamOptions>;

const DEFAULTS = {
  learningRate: 2e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decoupled: false,
  momentumDecay: 4e-3,
};

/**
 * Adam with Nesterov's momentum, as `torch.optim.NAdam` does it (Dozat, 2016).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nadam } from "@graft/graft";
 *
 * assertEquals(nadam().learningRate, 2e-3);
 * ```
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("nadam", schema, options) };
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, momentumDecay } = settings;
  const momentum = (step: number) => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
  const productTo = products(momentum);
  return asOptimizer<"mean" | "square", "gradientStep" | "meanStep" | "rootFactor" | "kept">({
    name: "nadam",
    learningRate,
    state: ["mean", "square"],
    settings,
    withWeightDecay: (weightDecay) => nadam({ ...settings, weightDecay }),
    scalars: (step, learningRate) => {
      const product = productTo(step);
      const next = momentum(step + 1);
      return {
        gradientStep: learningRate * (1 - momentum(step)) / (1 - product),
        meanStep: learningRate * next / (1 - product * next),
        rootFactor: 1 / Math.sqrt(1 - beta2 ** step),
        kept: 1 - learningRate * weightDecay,
      };
    },
    update: ({ parameter, gradient, state, scalar }) => {
      const start = decoupled ? shrunk(parameter, scalar.kept, weightDecay) : parameter;
      const slope = decoupled ? gradient : withDecay(gradient, parameter, weightDecay);
      const mean = runningMean(state.mean, slope, beta1);
      const square = runningSquare(state.square, slope, beta2);
      const deviation = add(multiply(squareRoot(square), scalar.rootFactor), epsilon);
      const ahead = add(multiply(slope, scalar.gradientStep), multiply(mean, scalar.meanStep));
      return { parameter: subtract(start, divide(ahead, deviation)), state: { mean, square } };
    },
  });
}

/** `f(1)·f(2)·…·f(step)`, from left to right; what is known is kept. */
function products(f: (step: number) => number): (step: number) => number {
  const known = [1];
  return (step) => {
    while (known.length <= step) known.push(known.at(-1)! * f(known.length));
    return known[step]!;
  };
}
