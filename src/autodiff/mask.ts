import type { Value } from "../onnx/graph.ts";
import { type Builder, dimsOf } from "./builder.ts";

/** Operators whose slope may be infinite where their input is at a bound of what comes before. */
const STEEP = new Set([
  ...["Acos", "Acosh", "Asin", "Atanh", "Div", "Log", "Pow", "Reciprocal"],
  ...["ReduceL2", "ReduceLogSum", "Sqrt"],
]);

/** So large that the product with any normal number above zero is at least 1. */
const STEEPEST = 3e38;

/** `dy` where `y` is above zero, 0 elsewhere. */
export function whereAboveZero(g: Builder, y: Value, dy: Value): Value {
  if (mayMultiply(y, dy)) {
    const alpha = { float: STEEPEST };
    return g.mul(dy, g.op("HardSigmoid", [y], dimsOf(y), { alpha, beta: { float: 0 } }));
  }
  return g.where(g.compare("Greater", y, g.scalar(0, y)), dy, g.scalar(0, dy));
}

/** `dy` where `condition` holds, 0 elsewhere; `y` is what `dy` is the gradient of. */
export function whereTrue(g: Builder, condition: Value, y: Value, dy: Value): Value {
  return mayMultiply(y, dy)
    ? g.mul(dy, g.cast(condition, "float32"))
    : g.where(condition, dy, g.scalar(0, dy));
}

/**
 * Whether `dy` may be multiplied by 0 and 1, which the runtime does several times faster than it
 * chooses: not where `dy` may be infinite, since 0·∞ is not 0.
 */
function mayMultiply(y: Value, dy: Value): boolean {
  return dy.type === "float32" && y.type === "float32" &&
    ![...y.consumers].some((node) => STEEP.has(node.opType));
}
