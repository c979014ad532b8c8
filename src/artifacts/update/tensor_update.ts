import { sizeOf } from "../../tensor/shape.ts";
import { add, element, multiply } from "./expression.ts";
import type { Kernel, Matrices } from "./kernel.ts";
import type { Passes, Scalars } from "./passes.ts";
import type { Factored } from "./rule_parts.ts";
import {
  baseKernel,
  type KernelOptions,
  termsOf,
  updateKernel,
  type UpdateRule,
} from "./update_rule.ts";

/** The arrays of one tensor that a step reads and changes. */
export interface TensorArrays {
  /** Parameters, changed. */
  readonly parameters: Float32Array;
  /** Gradients, read. */
  readonly gradients: Float32Array;
  /** The rule's state, in its order, changed. */
  readonly state: readonly Float32Array[];
  /** Room for `scratchOf(rule, shape)` numbers. */
  readonly scratch: Float32Array;
}

/** A step over one tensor by a rule that needs more than an element at a time. */
export class TensorUpdate {
  readonly #update: Kernel;
  readonly #lengths: readonly (readonly [name: string, kernel: Kernel])[];
  readonly #squares: Kernel;
  readonly #columnSquares: Kernel;

  constructor(readonly rule: UpdateRule, readonly passes: Passes, options: KernelOptions) {
    this.#update = updateKernel(rule, options);
    const base = baseKernel(rule, options);
    const scalars = [
      ...Object.keys(rule.scalars(1, rule.learningRate)),
      ...options.scalars ?? [],
    ];
    const formulas = rule.tensorNumbers?.lengths(termsOf(rule, options)) ?? {};
    this.#lengths = Object.entries(formulas).map(([name, formula]) =>
      [name, { ...base, scalars, writes: new Map([["length", formula]]) }] as const
    );
    const gradient = options.gradient ?? element("gradient");
    const squares = { name: rule.name, scalars: [...options.scalars ?? []] };
    this.#squares = {
      ...squares,
      buffers: ["gradient"],
      writes: new Map([["square", gradient]]),
    };
    this.#columnSquares = {
      ...squares,
      buffers: ["gradient", "sums"],
      layout: new Map([["sums", "column"]]),
      writes: new Map([["sums", add(element("sums"), multiply(gradient, gradient))]]),
    };
  }

  /** Takes step `step` (the first is 1); `extra` are the scalars of the kernel's options. */
  run(
    arrays: TensorArrays,
    shape: readonly number[],
    { step, learningRate, extra }: {
      readonly step: number;
      readonly learningRate: number;
      readonly extra: Scalars;
    },
  ): void {
    const { rule, passes } = this;
    const { parameters, gradients, state } = arrays;
    const { factored } = rule;
    const at = matricesOf(rule, shape, parameters.length);
    const buffers = [parameters, gradients, ...state];
    if (factored) {
      this.#moveMeans(factored, arrays, at, step, extra);
      buffers[2] = arrays.scratch.subarray(0, state[0]!.length);
    }
    const own = { ...rule.scalars(step, learningRate), ...extra };
    const lengths = Object.fromEntries(
      this.#lengths.map(([name, kernel]) =>
        [name, Math.sqrt(passes.sumOfSquares(kernel, at, buffers, own))] as const
      ),
    );
    const size = parameters.length;
    const numbers = rule.tensorNumbers?.scalars(lengths, { size, step, learningRate });
    passes.write(this.#update, at, buffers, { ...own, ...numbers });
  }

  /** Moves the means of rows and columns; the scratch room then holds the factors of the rows. */
  #moveMeans(
    { share, least }: Factored,
    { gradients, state, scratch }: TensorArrays,
    at: Matrices,
    step: number,
    extra: Scalars,
  ): void {
    const [rows, columns] = state as [Float32Array, Float32Array];
    const factors = scratch.subarray(0, rows.length);
    const sums = scratch.subarray(rows.length, rows.length + columns.length).fill(0);
    this.passes.rowSums(this.#squares, at, [gradients], extra, factors);
    this.passes.write(this.#columnSquares, at, [gradients, sums], extra);
    const part = share(step);
    move(rows, factors, at.columns, part);
    move(columns, sums, at.rows, part);
    for (let first = 0; first < rows.length; first += at.rows) {
      let total = 0;
      for (let row = first; row < first + at.rows; row++) total += rows[row]!;
      const mean = Math.max(total / at.rows, least);
      for (let row = first; row < first + at.rows; row++) factors[row] = rows[row]! / mean;
    }
  }
}

/** Whether a rule can be taken over many tensors in one sweep. */
export function isElementwise(rule: UpdateRule): boolean {
  return !rule.tensorNumbers && !rule.factored && !rule.forShape;
}

/** Shapes of the state that a rule keeps for a tensor. */
export function stateShapes(rule: UpdateRule, shape: readonly number[]): (readonly number[])[] {
  const own = rule.forShape?.(shape) ?? rule;
  if (!own.factored) return own.state.map(() => shape);
  const rows = shape.slice(0, -1);
  const columns = [...shape.slice(0, -2), shape.at(-1)!];
  return [rows, columns, ...own.state.slice(2).map(() => shape)];
}

/** Numbers of scratch room that a rule needs for a tensor. */
export function scratchOf(rule: UpdateRule, shape: readonly number[]): number {
  const own = rule.forShape?.(shape) ?? rule;
  if (!own.factored) return 0;
  const [rows, columns] = stateShapes(rule, shape);
  return sizeOf(rows!) + sizeOf(columns!);
}

function matricesOf(rule: UpdateRule, shape: readonly number[], size: number): Matrices {
  if (!rule.factored) return { count: 1, rows: 1, columns: size };
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { count: size === 0 ? 0 : size / (rows * columns), rows, columns };
}

/** means ← means + part·(sums/count − means). */
function move(means: Float32Array, sums: Float32Array, count: number, part: number): void {
  for (let at = 0; at < means.length; at++) {
    means[at] = means[at]! + part * (sums[at]! / count - means[at]!);
  }
}
