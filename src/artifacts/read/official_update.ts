import { add, divide, multiply, squareRoot, subtract } from "../update/expression.ts";
import type { UpdateRule } from "../update/update_rule.ts";
import type { AdamWUpdate, OptimizerModel } from "./optimizer_model.ts";

/** What the official runtimes begin with, whatever a checkpoint says. */
const LEARNING_RATE = 1e-3;

/** Added to the norm of all gradients, so that it can be divided by. */
const NORM_EPSILON = 1e-6;

/**
 * The update of an official optimizer model as a rule. Its state has the names of the moments in
 * checkpoint files.
 */
export function updateRuleOf({ update }: OptimizerModel, learningRate = LEARNING_RATE): UpdateRule {
  if (update.kind === "own") throw new TypeError(`"${update.name}" is no official optimizer`);
  return update.kind === "sgd" ? sgdRule(learningRate) : adamWRule(update, learningRate);
}

/** What all gradients are multiplied by where their norm together is `norm`. */
export function clipFactor({ clipNorm }: Pick<OptimizerModel, "clipNorm">, norm: number): number {
  return clipNorm === undefined ? 1 : Math.min(clipNorm / (norm + NORM_EPSILON), 1);
}

function sgdRule(learningRate: number): UpdateRule {
  const rule: UpdateRule<never, "learningRate"> = {
    name: "SGDOptimizerV2",
    learningRate,
    state: [],
    settings: {},
    scalars: (_step, learningRate) => ({ learningRate }),
    update: ({ parameter, gradient, scalar }) => ({
      parameter: subtract(parameter, multiply(scalar.learningRate, gradient)),
      state: {},
    }),
  };
  return rule as unknown as UpdateRule;
}

type Scalars = "stepSize" | "rootCorrection" | "kept";

/**
 * Mode 0 shrinks first and corrects the root of the second moment; mode 1 corrects the step and
 * shrinks last. Without correction both factors are 1.
 */
function adamWRule(settings: AdamWUpdate, learningRate: number): UpdateRule {
  const { alpha, beta, epsilon, weightDecay, correctBias, mode } = settings;
  const rule: UpdateRule<"momentum0" | "momentum1", Scalars> = {
    name: "AdamWOptimizer",
    learningRate,
    state: ["momentum0", "momentum1"],
    settings: { alpha, beta, epsilon, weightDecay, correctBias, mode },
    scalars: (step, learningRate) => {
      const first = correctBias ? 1 - alpha ** step : 1;
      const root = correctBias ? Math.sqrt(1 - beta ** step) : 1;
      return {
        stepSize: learningRate / first * (mode === 1 ? root : 1),
        rootCorrection: mode === 1 ? 1 : root,
        kept: 1 - learningRate * weightDecay,
      };
    },
    update: ({ parameter, gradient, state, scalar }) => {
      const m = add(multiply(state.momentum0, alpha), multiply(gradient, 1 - alpha));
      const squared = multiply(multiply(gradient, gradient), 1 - beta);
      const v = add(multiply(state.momentum1, beta), squared);
      const deviation = add(divide(squareRoot(v), scalar.rootCorrection), epsilon);
      const step = multiply(scalar.stepSize, divide(m, deviation));
      const updated = mode === 0
        ? subtract(multiply(parameter, scalar.kept), step)
        : multiply(subtract(parameter, step), scalar.kept);
      return { parameter: updated, state: { momentum0: m, momentum1: v } };
    },
  };
  return rule as unknown as UpdateRule;
}
