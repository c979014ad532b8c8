import { type Expr, operands } from "./expression.ts";

/** One pass over several arrays of equal length: each array in `writes` gets a formula's value. */
export interface Kernel {
  /** Name, for messages. */
  readonly name: string;
  /** Names of the arrays, in the order their addresses are given. */
  readonly buffers: readonly string[];
  /** The arrays that hold a number for each row or column of a matrix, rather than for each element. */
  readonly layout?: ReadonlyMap<string, "row" | "column">;
  /** Names of the numbers that are the same for all elements, in the order they are given. */
  readonly scalars: readonly string[];
  /** The new value of each array that changes. All formulas see the old values. */
  readonly writes: ReadonlyMap<string, Expr>;
}

/** Matrices one after another, as an array is walked: a plain array is one row. */
export interface Matrices {
  /** How many. */
  readonly count: number;
  /** Rows of each. */
  readonly rows: number;
  /** Columns of each. */
  readonly columns: number;
}

/** The formulas worth computing into a variable: those used more than once, and those written. */
export function sharedFormulas(kernel: Kernel): Set<Expr> {
  const shared = new Set(kernel.writes.values());
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (!seen.has(expr)) {
      seen.add(expr);
      operands(expr).forEach(visit);
    } else if (expr.kind !== "constant" && expr.kind !== "scalar") {
      shared.add(expr);
    }
  };
  kernel.writes.forEach(visit);
  return shared;
}

/** The numbers in a kernel's formulas. */
export function constantsOf(kernel: Kernel): Set<number> {
  const constants = new Set<number>();
  const visit = (expr: Expr): void => {
    if (expr.kind === "constant") constants.add(expr.value);
    operands(expr).forEach(visit);
  };
  kernel.writes.forEach(visit);
  return constants;
}
