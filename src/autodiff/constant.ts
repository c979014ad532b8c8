import type { Node, Value } from "../onnx/graph.ts";
import { positiveAxis } from "../tensor/shape.ts";
import { toNumbers } from "../tensor/tensor.ts";
import { dimsOf } from "./builder.ts";

/** The numbers of an input that must be a constant, such as the axes of a reduction. */
export function numbersOf(value: Value, node: Node): number[] {
  if (!value.constant) {
    throw new TypeError(
      `Cannot differentiate ${node}: its input "${value.name}" is computed at run time; ` +
        "it has to be a constant",
    );
  }
  return toNumbers(value.constant);
}

/** Axes from an optional constant input, counted from the front; all axes where it is absent or empty. */
export function axesOf(axes: Value | undefined, of: Value, node: Node): number[] {
  const rank = dimsOf(of).length;
  const given = axes ? numbersOf(axes, node) : [];
  if (given.length > 0) return given.map((axis) => positiveAxis(axis, rank));
  return node.int("noop_with_empty_axes", 0) === 1 ? [] : dimsOf(of).map((_, axis) => axis);
}
