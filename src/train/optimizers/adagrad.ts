import { z } from "zod";
import { add, divide, multiply, squareRoot, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, tiny } from "./optimizer.ts";

/** Options of `adagrad`. */
export interface AdagradOptions {
  /** Step size. @default {0.01} */
  readonly learningRate?: number;
  /** How fast the step size shrinks: it is divided by 1 + (step − 1)·decay. @default {0} */
  readonly learningRateDecay?: number;
  /** What the sums of the squared gradients begin with. @default {0} */
  readonly initialAccumulator?: number;
  /** Added to the root of those sums. @default {1e-10} */
  readonly epsilon?: number;
  /** Decay of the weights towards 0, added to the gradient. @default {0} */
  readonly weightDecay?: number;
}

const schema: z.ZodType<AdagradOptions> = z.strictObject({
  learningRate: rate.optional(),
  learningRateDecay: amount.optional(),
  initialAccumulator: amount.optional(),
  epsilon: tiny.optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<AdagradOptions>;

const DEFAULTS = {
  learningRate: 0.01,
  learningRateDecay: 0,
  initialAccumulator: 0,
  epsilon: 1e-10,
  weightDecay: 0,
};

/**
 * Gradients divided by the root of the sum of their squares so far, as `torch.optim.Adagrad` does it
 * (Duchi et al., 2011).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adagrad } from "@graft/graft";
 *
 * assertEquals(adagrad().state, ["sum"]);
 * ```
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("adagrad", schema, options) };
  const { learningRate, learningRateDecay, initialAccumulator, epsilon, weightDecay } = settings;
  return asOptimizer<"sum", "stepSize">({
    name: "adagrad",
    learningRate,
    // What sums begin with is added when they are read: all state starts at 0.
    state: ["sum"],
    settings,
    withWeightDecay: (weightDecay) => adagrad({ ...settings, weightDecay }),
    scalars: (step, learningRate) => ({
      stepSize: learningRate / (1 + (step - 1) * learningRateDecay),
    }),
    update: ({ parameter, gradient, state, scalar }) => {
      const slope = withDecay(gradient, parameter, weightDecay);
      const sum = add(state.sum, multiply(slope, slope));
      const total = initialAccumulator > 0 ? add(sum, initialAccumulator) : sum;
      const scaled = divide(slope, add(squareRoot(total), epsilon));
      return {
        parameter: subtract(parameter, multiply(scalar.stepSize, scaled)),
        state: { sum },
      };
    },
  });
}
