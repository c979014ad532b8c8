import type { Builder } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import type { Expr } from "./expression.ts";
import type { Kernel } from "./kernel.ts";

/**
 * A kernel as operators of a graph: the new value of each array that it writes, in their order.
 * `arrays` stand for the kernel's, `scalars` are by name.
 */
export function renderUpdate(
  g: Builder,
  kernel: Kernel,
  arrays: readonly Value[],
  scalars: Readonly<Record<string, Value>>,
): Value[] {
  const byName = new Map(kernel.buffers.map((name, at) => [name, arrays[at]!]));
  const known = new Map<Expr, Value>();
  const value = (expr: Expr): Value => {
    const made = known.get(expr) ?? rendered(g, expr, value, byName, scalars);
    known.set(expr, made);
    return made;
  };
  return [...kernel.writes.values()].map(value);
}

function rendered(
  g: Builder,
  expr: Expr,
  value: (expr: Expr) => Value,
  arrays: ReadonlyMap<string, Value>,
  scalars: Readonly<Record<string, Value>>,
): Value {
  switch (expr.kind) {
    case "element":
      return arrays.get(expr.buffer)!;
    case "scalar":
      return scalars[expr.name]!;
    case "constant":
      return g.scalar(expr.value, "float32");
    case "unary":
      return g.unary(UNARY[expr.operator], value(expr.operand));
    case "binary": {
      const [left, right] = [value(expr.left), value(expr.right)];
      if (expr.operator === "minimum") return g.op("Min", [left, right], largest(left, right));
      if (expr.operator === "maximum") return g.op("Max", [left, right], largest(left, right));
      return g[BINARY[expr.operator]](left, right);
    }
  }
}

const UNARY = { squareRoot: "Sqrt", absolute: "Abs", negate: "Neg" } as const;

const BINARY = { add: "add", subtract: "sub", multiply: "mul", divide: "div" } as const;

/** One of the two may be a scalar. */
function largest(left: Value, right: Value): readonly number[] {
  const shape = left.shape!.length >= right.shape!.length ? left.shape! : right.shape!;
  return shape as readonly number[];
}
