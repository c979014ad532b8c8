import { z } from "zod";
import { multiply, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { runningMean, shrunk, sign } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share } from "./optimizer.ts";

/** Options of `lion`. */
export interface LionOptions {
  /** Step size: a third to a tenth of what Adam takes. @default {1e-4} */
  readonly learningRate?: number;
  /** Weight of the momentum against the gradient in the direction. @default {0.9} */
  readonly beta1?: number;
  /** Decay of the momentum. @default {0.99} */
  readonly beta2?: number;
  /** Decay of the weights themselves; three to ten times that of AdamW. @default {0} */
  readonly weightDecay?: number;
}

const schema: z.ZodType<LionOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<LionOptions>;

const DEFAULTS = { learningRate: 1e-4, beta1: 0.9, beta2: 0.99, weightDecay: 0 };

/**
 * Steps of equal size along the sign of the momentum, one array of state (Chen et al., arXiv
 * 2302.06675): p ← p·(1 − lr·weightDecay) − lr·sign(beta1·m + (1 − beta1)·g), then
 * m ← beta2·m + (1 − beta2)·g.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lion } from "@graft/graft";
 *
 * assertEquals(lion().state, ["mean"]);
 * ```
 */
export function lion(options: LionOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("lion", schema, options) };
  const { learningRate, beta1, beta2, weightDecay } = settings;
  return asOptimizer<"mean", "learningRate" | "kept">({
    name: "lion",
    learningRate,
    state: ["mean"],
    settings,
    withWeightDecay: (weightDecay) => lion({ ...settings, weightDecay }),
    scalars: (_step, learningRate) => ({ learningRate, kept: 1 - learningRate * weightDecay }),
    update: ({ parameter, gradient, state, scalar }) => {
      const direction = sign(runningMean(state.mean, gradient, beta1));
      const start = shrunk(parameter, scalar.kept, weightDecay);
      return {
        parameter: subtract(start, multiply(scalar.learningRate, direction)),
        state: { mean: runningMean(state.mean, gradient, beta2) },
      };
    },
  });
}
