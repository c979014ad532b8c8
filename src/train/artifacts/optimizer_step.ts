import { clipFactor, updateRuleOf } from "../../artifacts/read/official_update.ts";
import type { OptimizerModel } from "../../artifacts/read/optimizer_model.ts";
import { compileUpdate } from "../../artifacts/update/compile_update.ts";
import { compileGradientNorm } from "../../artifacts/update/gradient_norm.ts";
import type { ParameterMemory } from "../parameter_memory.ts";

/** Takes the optimizer's step number `step` over all parameters in the memory. */
export type OptimizerStep = (step: number, learningRate: number) => void;

/** Names of what an official optimizer keeps for each parameter. */
export function momentsOf(optimizer: OptimizerModel): readonly string[] {
  return updateRuleOf(optimizer).state;
}

/** An official optimizer over a parameter memory. Clipping changes the gradients there, as it does. */
export function optimizerStep(optimizer: OptimizerModel, memory: ParameterMemory): OptimizerStep {
  const rule = updateRuleOf(optimizer);
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
