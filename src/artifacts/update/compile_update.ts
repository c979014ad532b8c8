import { checkRange } from "./check_range.ts";
import { renderWasm } from "./render_wasm.ts";
import { updateKernel, type UpdateRule } from "./update_rule.ts";
import { instantiate } from "./wasm/module.ts";

/** Where the arrays of one optimizer step lie in the memory, as byte offsets (multiples of 4). */
export interface UpdateRange {
  /** Elements in each array. */
  readonly count: number;
  /** Offset of the parameters, which change. */
  readonly parameters: number;
  /** Offset of their gradients. */
  readonly gradients: number;
  /** Offset of each array of the rule's `state`, in its order; they change. */
  readonly state: readonly number[];
}

/** One fused pass over parameters, gradients and optimizer state in one linear memory. */
export interface FlatUpdate {
  /**
   * Takes step `step` (the first is 1) over a range. A parameter may be updated in several ranges,
   * each with its own learning rate. Throws `RangeError` where an array does not fit the memory.
   */
  run(at: UpdateRange, step: number, learningRate: number): void;
}

/**
 * The rule as a pass of WebAssembly SIMD over float32 arrays in `memory` (up to 4 GiB): the memory
 * traffic is that of reading each array once and writing what changes.
 */
export function compileUpdate(rule: UpdateRule, memory: WebAssembly.Memory): FlatUpdate {
  const kernel = updateKernel(rule);
  const pass = instantiate([renderWasm(kernel)], memory)[kernel.name]!;
  return {
    run(at, step, learningRate) {
      const offsets = [at.parameters, at.gradients, ...at.state];
      if (offsets.length !== kernel.buffers.length) {
        throw new RangeError(
          `${rule.name} keeps ${rule.state.length} arrays of state, found ${at.state.length} offsets`,
        );
      }
      offsets.forEach((offset, n) => checkRange(memory, kernel.buffers[n]!, offset, at.count));
      const values: Readonly<Record<string, number>> = rule.scalars(step, learningRate);
      pass(at.count, ...offsets, ...kernel.scalars.map((name) => values[name]!));
    },
  };
}
