import type { Units } from "../../artifacts/update/unit_clip.ts";
import type { Model } from "../../onnx/model.ts";
import { unitAxis } from "../../onnx/unit_axis.ts";
import { sizeOf } from "../../tensor/shape.ts";

/** How the units of each trained parameter lie; the classifier's only where they are wanted as well. */
export function unitsOf(model: Model, withHead: boolean): Map<string, Units> {
  const clipped = [...model.parameters.values()].filter(({ trainable, head }) =>
    trainable && (withHead || !head)
  );
  return new Map(clipped.map(({ name, shape, size }) => {
    const axis = unitAxis(model.graph.value(name));
    if (axis === undefined) return [name, { outer: 1, units: 1, inner: size }];
    const outer = sizeOf(shape.slice(0, axis));
    return [name, { outer, units: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) }];
  }));
}
