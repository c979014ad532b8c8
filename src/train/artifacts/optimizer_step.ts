import { clipFactor, updateRuleOf } from "../../artifacts/read/official_update.ts";
import { momentOf } from "../../artifacts/read/names.ts";
import type { OptimizerModel } from "../../artifacts/read/optimizer_model.ts";
import { compileUpdate } from "../../artifacts/update/compile_update.ts";
import { compileGradientNorm } from "../../artifacts/update/gradient_norm.ts";
import type { UpdateRule } from "../../artifacts/update/update_rule.ts";
import { adagrad } from "../optimizers/adagrad.ts";
import { adam } from "../optimizers/adam.ts";
import { adamW } from "../optimizers/adamw.ts";
import { lion } from "../optimizers/lion.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { rmsprop } from "../optimizers/rmsprop.ts";
import { sgd } from "../optimizers/sgd.ts";
import type { ParameterMemory } from "../parameter_memory.ts";

/** Takes the optimizer's step number `step` over all parameters in the memory. */
export type OptimizerStep = (step: number, learningRate: number) => void;

/** Optimizers that a file in the stock form may name. */
const OWN: Readonly<Record<string, (settings: object) => Optimizer>> = {
  adagrad,
  adam,
  adamW,
  lion,
  rmsprop,
  sgd,
};

/** The rule of an optimizer model. Throws `TypeError` for one that is not known. */
function ruleOf(optimizer: OptimizerModel): UpdateRule {
  const { update } = optimizer;
  if (update.kind !== "own") return updateRuleOf(optimizer);
  const make = Object.hasOwn(OWN, update.name) ? OWN[update.name] : undefined;
  if (make) return make(update.settings);
  throw new TypeError(
    `Cannot read the optimizer model: it is made of "${update.name}", which is not known`,
  );
}

/** Names of what an optimizer keeps for each parameter, as checkpoints have them. */
export function momentsOf(optimizer: OptimizerModel): readonly string[] {
  return ruleOf(optimizer).state.map((_, index) => momentOf(index));
}

/** An official optimizer over a parameter memory. Clipping changes the gradients there, as it does. */
export function optimizerStep(optimizer: OptimizerModel, memory: ParameterMemory): OptimizerStep {
  const rule = ruleOf(optimizer);
  const update = compileUpdate(rule, memory.memory);
  const norm = compileGradientNorm(memory.memory);
  const { count } = memory;
  const gradients = memory.offset(1);
  const state = rule.state.map((_, index) => memory.offset(2 + index));
  return (step, learningRate) => {
    if (optimizer.clipNorm !== undefined) {
      const factor = clipFactor(optimizer, Math.sqrt(norm.sumOfSquares(gradients, count)));
      if (factor !== 1) norm.scale(gradients, count, factor);
    }
    update.run({ count, parameters: memory.offset(0), gradients, state }, step, learningRate);
  };
}
