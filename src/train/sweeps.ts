import {
  compileUpdate,
  type FlatUpdate,
  type UpdateRange,
} from "../artifacts/update/compile_update.ts";
import type { Hands } from "../artifacts/update/threads/crew.ts";
import { isElementwise } from "../artifacts/update/tensor_update.ts";
import type { KernelOptions } from "../artifacts/update/update_rule.ts";
import type { ParameterRule } from "./groups/resolve_groups.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import type { ParameterMemory } from "./parameter_memory.ts";

/** One pass of an optimizer over parameters that lie side by side, or over one. */
export interface Sweep {
  /** The pass. */
  readonly update: FlatUpdate;
  /** Where the arrays lie. */
  readonly at: UpdateRange;
  /** The learning rate, as a multiple of that of `fit`. */
  readonly ratio: number;
}

/** The passes of a step, by `hands`: parameters side by side with the same rule and rate share one. */
export function sweepsOf(
  rules: ReadonlyMap<string, ParameterRule>,
  memory: ParameterMemory,
  options: KernelOptions,
  hands?: Hands,
): Sweep[] {
  const updates = new Map<Optimizer, FlatUpdate>();
  const sweeps: Sweep[] = [];
  let last: ParameterRule | undefined;
  for (const [name, own] of rules) {
    const at = rangeOf(memory, name);
    const joins = last?.rule === own.rule && last.ratio === own.ratio && isElementwise(own.rule);
    const before = joins ? sweeps.pop() : undefined;
    last = own;
    if (before) {
      const count = (at.parameters - before.at.parameters) / 4 + at.count;
      sweeps.push({ ...before, at: { ...before.at, count } });
      continue;
    }
    const update = updates.get(own.rule) ?? compileUpdate(own.rule, memory.memory, options, hands);
    updates.set(own.rule, update);
    sweeps.push({ update, at, ratio: own.ratio });
  }
  return sweeps;
}

function rangeOf(memory: ParameterMemory, name: string): UpdateRange {
  const { dims, data } = memory.view(name, 0);
  const offset = (region: number) => memory.view(name, region).data.byteOffset;
  return {
    count: data.length,
    parameters: offset(0),
    gradients: offset(1),
    state: Array.from({ length: memory.states(name) }, (_, index) => offset(2 + index)),
    shape: dims,
    scratch: memory.scratch,
  };
}
