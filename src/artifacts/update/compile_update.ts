import { sizeOf } from "../../tensor/shape.ts";
import { checkRange } from "./check_range.ts";
import { WasmPasses } from "./passes.ts";
import { renderWasm } from "./render_wasm.ts";
import { isElementwise, scratchOf, stateShapes, TensorUpdate } from "./tensor_update.ts";
import { alone, type Hands } from "./threads/crew.ts";
import { sharesOf } from "./threads/shares.ts";
import { type KernelOptions, updateKernel, type UpdateRule } from "./update_rule.ts";

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
  /** Shape of the one tensor in the range, for rules that are not elementwise. */
  readonly shape?: readonly number[];
  /** Offset of room for `scratchOf(rule, shape)` numbers, for rules that need some. */
  readonly scratch?: number;
}

/** One fused pass over parameters, gradients and optimizer state in one linear memory. */
export interface FlatUpdate {
  /**
   * Takes step `step` (the first is 1) over a range. A parameter may be updated in several ranges,
   * each with its own learning rate. `extra` are the scalars of the kernel's options. Throws
   * `RangeError` where an array does not fit the memory.
   */
  run(
    at: UpdateRange,
    step: number,
    learningRate: number,
    extra?: Readonly<Record<string, number>>,
  ): void;
}

/**
 * The rule as a pass of WebAssembly SIMD over float32 arrays in `memory` (up to 4 GiB), by `hands`:
 * the memory traffic is that of reading each array once and writing what changes. Rules that are not
 * elementwise take a few passes over one tensor at a time, in this thread.
 */
export function compileUpdate(
  rule: UpdateRule,
  memory: WebAssembly.Memory,
  options: KernelOptions = {},
  hands: Hands = alone(memory),
): FlatUpdate {
  return isElementwise(rule)
    ? flatUpdate(rule, memory, options, hands)
    : tensorUpdate(rule, memory, options);
}

function flatUpdate(
  rule: UpdateRule,
  memory: WebAssembly.Memory,
  options: KernelOptions,
  hands: Hands,
): FlatUpdate {
  const kernel = updateKernel(rule, options);
  const pass = hands.instantiate([renderWasm(kernel)])[kernel.name]!;
  return {
    run(at, step, learningRate, extra) {
      const offsets = [at.parameters, at.gradients, ...at.state];
      checkState(rule, at);
      offsets.forEach((offset, n) => checkRange(memory, kernel.buffers[n]!, offset, at.count));
      const own: Readonly<Record<string, number>> = rule.scalars(step, learningRate);
      const values = { ...own, ...extra };
      const scalars = kernel.scalars.map((name) => values[name]!);
      pass(
        sharesOf(at.count).map(({ start, count }) => [
          count,
          ...offsets.map((offset) => offset + 4 * start),
          ...scalars,
        ]),
      );
    },
  };
}

function tensorUpdate(
  rule: UpdateRule,
  memory: WebAssembly.Memory,
  options: KernelOptions,
): FlatUpdate {
  const passes = new WasmPasses(memory);
  const known = new Map<UpdateRule, TensorUpdate>();
  return {
    run(at, step, learningRate, extra = {}) {
      const { shape = [at.count], count, scratch = 0 } = at;
      const own = rule.forShape?.(shape) ?? rule;
      const update = known.get(own) ?? new TensorUpdate(own, passes, options);
      known.set(own, update);
      checkState(own, at);
      const view = (name: string, offset: number, size: number) => {
        checkRange(memory, name, offset, size);
        return new Float32Array(memory.buffer as ArrayBuffer, offset, size);
      };
      const sizes = stateShapes(own, shape).map(sizeOf);
      const arrays = {
        parameters: view("parameter", at.parameters, count),
        gradients: view("gradient", at.gradients, count),
        state: at.state.map((offset, n) => view(own.state[n]!, offset, sizes[n]!)),
        scratch: view("scratch", scratch, scratchOf(own, shape)),
      };
      update.run(arrays, shape, { step, learningRate, extra });
    },
  };
}

function checkState(rule: UpdateRule, at: UpdateRange): void {
  if (at.state.length === rule.state.length) return;
  throw new RangeError(
    `${rule.name} keeps ${rule.state.length} arrays of state, found ${at.state.length} offsets`,
  );
}
