import { z } from "zod";
import { add, divide, multiply, squareRoot, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { runningMean, runningSquare, shrunk, withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share, tiny } from "./optimizer.ts";

/** Options of `radam`. */
export interface RadamOptions {
  /** Step size. @default {1e-3} */
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
}

const schema: z.ZodType<RadamOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  epsilon: tiny.optional(),
  weightDecay: amount.optional(),
  decoupled: z.boolean().optional(),
}) as z.ZodType<RadamOptions>;

const DEFAULTS = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decoupled: false,
};

/**
 * Adam that divides by the root of the second mean only once that is known well enough, as
 * `torch.optim.RAdam` does it; until then it is momentum (Liu et al., arXiv 1908.03265).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { radam } from "@graft/graft";
 *
 * // The first steps do not adapt: they are the mean of the gradients times the rate.
 * assertEquals(radam().scalars(1, 0.1).adaptive, 0);
 * assertEquals(radam().scalars(6, 0.1).plain, 0);
 * ```
 */
export function radam(options: RadamOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("radam", schema, options) };
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled } = settings;
  return asOptimizer<"mean" | "square", "stepSize" | "adaptive" | "plain" | "kept">({
    name: "radam",
    learningRate,
    state: ["mean", "square"],
    settings,
    withWeightDecay: (weightDecay) => radam({ ...settings, weightDecay }),
    scalars: (step, learningRate) => {
      const correction = 1 - beta2 ** step;
      const adaptive = rectification(beta2, step);
      return {
        stepSize: learningRate / (1 - beta1 ** step),
        adaptive: (adaptive ?? 0) * Math.sqrt(correction),
        plain: adaptive === undefined ? 1 : 0,
        kept: 1 - learningRate * weightDecay,
      };
    },
    update: ({ parameter, gradient, state, scalar }) => {
      const start = decoupled ? shrunk(parameter, scalar.kept, weightDecay) : parameter;
      const slope = decoupled ? gradient : withDecay(gradient, parameter, weightDecay);
      const mean = runningMean(state.mean, slope, beta1);
      const square = runningSquare(state.square, slope, beta2);
      const adapted = divide(scalar.adaptive, add(squareRoot(square), epsilon));
      const step = multiply(scalar.stepSize, multiply(mean, add(adapted, scalar.plain)));
      return { parameter: subtract(start, step), state: { mean, square } };
    },
  });
}

/** What makes up for the variance of the second mean; `undefined` while that is not bounded. */
function rectification(beta2: number, step: number): number | undefined {
  const limit = 2 / (1 - beta2) - 1;
  const length = limit - 2 * step * beta2 ** step / (1 - beta2 ** step);
  if (length <= 5) return undefined;
  return Math.sqrt(
    (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length),
  );
}
