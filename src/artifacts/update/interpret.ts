import type { Expr } from "./expression.ts";
import type { Kernel } from "./kernel.ts";
import { updateKernel, type UpdateRule } from "./update_rule.ts";

/** Arrays of equal length that one optimizer step reads and changes in place. */
export interface UpdateArrays {
  /** Parameters, changed. */
  readonly parameters: Float32Array;
  /** Gradients, read. */
  readonly gradients: Float32Array;
  /** One array per name in the rule's `state`, in its order, changed. */
  readonly state: readonly Float32Array[];
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
): void {
  const buffers = [arrays.parameters, arrays.gradients, ...arrays.state];
  interpret(updateKernel(rule), buffers, rule.scalars(step, learningRate));
}

function interpret(
  kernel: Kernel,
  buffers: readonly Float32Array[],
  scalars: Readonly<Record<string, number>>,
): void {
  const position = new Map(kernel.buffers.map((name, index) => [name, index]));
  const written = [...kernel.writes].map(([name, expr]) =>
    [buffers[position.get(name)!]!, expr] as const
  );
  for (let index = 0; index < buffers[0]!.length; index++) {
    const read = (name: string) => buffers[position.get(name)!]![index]!;
    const values = written.map(([, expr]) => evaluate(expr, read, scalars));
    written.forEach(([buffer], n) => buffer[index] = values[n]!);
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
