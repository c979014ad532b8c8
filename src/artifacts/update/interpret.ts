import { sizeOf } from "../../tensor/shape.ts";
import type { Expr } from "./expression.ts";
import type { Kernel, Matrices } from "./kernel.ts";
import type { Passes, Scalars } from "./passes.ts";
import { isElementwise, scratchOf, TensorUpdate } from "./tensor_update.ts";
import { type KernelOptions, updateKernel, type UpdateRule } from "./update_rule.ts";

/** Arrays of equal length that one optimizer step reads and changes in place. */
export interface UpdateArrays {
  /** Parameters, changed. */
  readonly parameters: Float32Array;
  /** Gradients, read. */
  readonly gradients: Float32Array;
  /** One array per name in the rule's `state`, in its order, changed. */
  readonly state: readonly Float32Array[];
}

/** What an interpreted step may be told beside the arrays. */
export interface InterpretOptions extends KernelOptions {
  /** Shape of the tensor, for rules that are not elementwise. @default {one axis} */
  readonly shape?: readonly number[];
  /** The scalars of the kernel's options. */
  readonly extra?: Scalars;
}

/**
 * One optimizer step in plain TypeScript, rounding to float32 after every operation. Slow; the
 * reference that faster back ends must equal bit for bit.
 */
export function interpretUpdate(
  rule: UpdateRule,
  arrays: UpdateArrays,
  step: number,
  learningRate: number,
  options: InterpretOptions = {},
): void {
  const { extra = {}, shape = [arrays.parameters.length] } = options;
  if (isElementwise(rule)) {
    const buffers = [arrays.parameters, arrays.gradients, ...arrays.state];
    const at = { count: 1, rows: 1, columns: sizeOf(shape) };
    const scalars = { ...rule.scalars(step, learningRate), ...extra };
    return interpreter.write(updateKernel(rule, options), at, buffers, scalars);
  }
  const own = rule.forShape?.(shape) ?? rule;
  const scratch = new Float32Array(scratchOf(own, shape));
  const update = new TensorUpdate(own, interpreter, options);
  update.run({ ...arrays, scratch }, shape, { step, learningRate, extra });
}

/** Passes in plain TypeScript. */
const interpreter: Passes = {
  write(kernel, at, arrays, scalars) {
    const formulas = [...kernel.writes];
    walk(kernel, at, arrays, (read, place) => {
      const values = formulas.map(([, expr]) => evaluate(expr, read, scalars));
      formulas.forEach(([name], n) => {
        const [array, index] = place(name);
        array[index] = values[n]!;
      });
    });
  },
  sumOfSquares(kernel, at, arrays, scalars) {
    const sum = new LaneSum();
    eachSquare(kernel, at, arrays, scalars, (square, column) => sum.add(square, column, at));
    return sum.total;
  },
  rowSums(kernel, at, arrays, scalars, sums) {
    let sum = new LaneSum();
    eachSquare(kernel, at, arrays, scalars, (square, column, row) => {
      if (column === 0) sum = new LaneSum();
      sum.add(square, column, at);
      sums[row] = sum.total;
    });
  },
};

/** A sum in the order in which four lanes add. */
class LaneSum {
  readonly #lanes = [0, 0, 0, 0];
  #rest = 0;

  add(value: number, column: number, { columns }: Matrices): void {
    if (column < columns - columns % 4) this.#lanes[column % 4]! += value;
    else this.#rest += value;
  }

  get total(): number {
    const [a, b, c, d] = this.#lanes as [number, number, number, number];
    return this.#rest + (a + c + (b + d));
  }
}

function eachSquare(
  kernel: Kernel,
  at: Matrices,
  arrays: readonly Float32Array[],
  scalars: Scalars,
  take: (square: number, column: number, row: number) => void,
): void {
  const [formula] = kernel.writes.values();
  walk(kernel, at, arrays, (read, _place, column, row) => {
    const value = evaluate(formula!, read, scalars);
    take(value * value, column, row);
  });
}

/** Visits the elements in order, with where each array has its number for it. */
function walk(
  kernel: Kernel,
  { count, rows, columns }: Matrices,
  arrays: readonly Float32Array[],
  visit: (
    read: (name: string) => number,
    place: (name: string) => readonly [Float32Array, number],
    column: number,
    row: number,
  ) => void,
): void {
  const position = new Map(kernel.buffers.map((name, index) => [name, index]));
  let [row, column] = [0, 0];
  const place = (name: string) => {
    const along = kernel.layout?.get(name);
    const index = along === "row"
      ? row
      : along === "column"
      ? Math.floor(row / rows) * columns + column
      : row * columns + column;
    return [arrays[position.get(name)!]!, index] as const;
  };
  const read = (name: string) => {
    const [array, index] = place(name);
    return array[index]!;
  };
  for (row = 0; row < count * rows; row++) {
    for (column = 0; column < columns; column++) visit(read, place, column, row);
  }
}

function evaluate(
  expr: Expr,
  read: (buffer: string) => number,
  scalars: Readonly<Record<string, number>>,
): number {
  const value = (operand: Expr) => evaluate(operand, read, scalars);
  switch (expr.kind) {
    case "element":
      return read(expr.buffer);
    case "scalar":
      return Math.fround(scalars[expr.name]!);
    case "constant":
      return Math.fround(expr.value);
    case "unary":
      return Math.fround(UNARY[expr.operator](value(expr.operand)));
    case "binary":
      return Math.fround(BINARY[expr.operator](value(expr.left), value(expr.right)));
  }
}

const UNARY = { squareRoot: Math.sqrt, absolute: Math.abs, negate: (x: number) => -x };

const BINARY = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
  minimum: Math.min,
  maximum: Math.max,
};
