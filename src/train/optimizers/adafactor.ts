import { z } from "zod";
import type { UpdateRule } from "../../artifacts/update/update_rule.ts";
import type { TensorNumbers, UpdateTerms } from "../../artifacts/update/rule_parts.ts";
import {
  add,
  divide,
  type Expr,
  maximum,
  multiply,
  squareRoot,
  subtract,
} from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { shrunk } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, tiny } from "./optimizer.ts";

/** Options of `adafactor`. */
export interface AdafactorOptions {
  /** Step size relative to the root mean square of each tensor, at most 1/√step. @default {0.01} */
  readonly learningRate?: number;
  /** Means move towards the new squares by step^beta2Decay. @default {-0.8} */
  readonly beta2Decay?: number;
  /** The least root of a mean square; 2⁻²³ is PyTorch's for float32. @default {2 ** -23} */
  readonly epsilon1?: number;
  /** The least root mean square that a tensor is taken to have. @default {1e-3} */
  readonly epsilon2?: number;
  /** Largest root mean square of the scaled gradient of a tensor, 1 or more. @default {1} */
  readonly clipThreshold?: number;
  /** Decay of the weights themselves. @default {0} */
  readonly weightDecay?: number;
}

const schema: z.ZodType<AdafactorOptions> = z.strictObject({
  learningRate: rate.optional(),
  beta2Decay: z.number().max(0).optional(),
  epsilon1: tiny.optional(),
  epsilon2: amount.optional(),
  clipThreshold: z.number().min(1).optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<AdafactorOptions>;

const DEFAULTS = {
  learningRate: 0.01,
  beta2Decay: -0.8,
  epsilon1: 2 ** -23,
  epsilon2: 1e-3,
  clipThreshold: 1,
  weightDecay: 0,
};

type Terms = UpdateTerms<"variance", "share" | "kept" | "stepSize">;

/**
 * Adafactor, as `torch.optim.Adafactor` does it: the second mean of a tensor `[..., R, C]` is kept as
 * means over rows and columns, R + C numbers instead of R·C, and steps are relative to the tensor's
 * root mean square (Shazeer and Stern, arXiv 1804.04235). Vectors keep a number per element.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adafactor } from "@graft/graft";
 *
 * assertEquals(adafactor().forShape?.([64, 128]).state, ["rows", "columns"]);
 * ```
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  const settings = { ...DEFAULTS, ...checkOptions("adafactor", schema, options) };
  const { learningRate, beta2Decay, epsilon1, weightDecay } = settings;
  const moved = ({ gradient, state, scalar }: Terms) =>
    add(
      state.variance,
      multiply(scalar.share, subtract(multiply(gradient, gradient), state.variance)),
    );
  const scaled = (gradient: Expr, meanSquare: Expr) =>
    divide(gradient, squareRoot(maximum(meanSquare, epsilon1 * epsilon1)));
  const stepped = ({ parameter, gradient, scalar }: Terms, meanSquare: Expr) =>
    subtract(
      shrunk(parameter, scalar.kept, weightDecay),
      multiply(scalar.stepSize, scaled(gradient, meanSquare)),
    );
  const vector: UpdateRule<"variance", "share" | "kept" | "stepSize"> = {
    name: "adafactor",
    learningRate,
    state: ["variance"],
    settings,
    withWeightDecay: (weightDecay) => adafactor({ ...settings, weightDecay }),
    scalars: (step, learningRate) => ({
      share: step ** beta2Decay,
      kept: 1 - learningRate * weightDecay,
      stepSize: 0,
    }),
    tensorNumbers: {
      lengths: (terms) => ({
        weights: terms.parameter,
        update: scaled(terms.gradient, terms.meanSquare ?? moved(terms)),
      }),
      scalars: relativeStep(settings),
    },
    update: (terms) => {
      const variance = moved(terms);
      return { parameter: stepped(terms, variance), state: { variance } };
    },
  };
  const matrix = {
    ...vector,
    state: ["rows", "columns"],
    factored: { share: (step: number) => step ** beta2Decay, least: epsilon1 },
    update: (terms: Terms) => ({ parameter: stepped(terms, terms.meanSquare!), state: {} }),
  };
  const rules = [asOptimizer(vector), matrix as unknown as Optimizer] as const;
  return { ...rules[0], forShape: (shape) => rules[shape.length > 1 ? 1 : 0] };
}

function relativeStep(
  { epsilon2, clipThreshold }: { readonly epsilon2: number; readonly clipThreshold: number },
): TensorNumbers["scalars"] {
  return ({ weights = 0, update = 0 }, { size, step, learningRate }) => {
    const root = Math.sqrt(Math.max(size, 1));
    const rate = Math.max(epsilon2, weights / root) * Math.min(learningRate, step ** -0.5);
    return { stepSize: rate / Math.max(1, update / (root * clipThreshold)) };
  };
}
