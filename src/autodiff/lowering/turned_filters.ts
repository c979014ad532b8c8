import type { Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";

/** The filters that turned ones were made of, where all channels are one group. */
const origins = new WeakMap<Value, Value>();

/**
 * Filters `[O, C/groups, ...]` turned around, inputs and outputs exchanged: `[C, O/groups, ...]`.
 * With them a convolution of stride 1 goes backwards.
 */
export function turnedFilters(g: Builder, weight: Value, groups: number): Value {
  const [filters, each, ...kernel] = dimsOf(weight) as [number, number, ...number[]];
  const window = sizeOf(kernel);
  const shape = [groups * each, filters / groups, window];
  const parts = g.reshape(weight, [groups, filters / groups, each, window]);
  const exchanged = g.reshape(g.transpose(parts, [0, 2, 1, 3]), shape);
  const backwards = g.integers(Array.from({ length: window }, (_, i) => window - 1 - i));
  const turned = window === 1 ? exchanged : g.gather(exchanged, backwards, 2);
  const made = g.reshape(turned, [groups * each, filters / groups, ...kernel]);
  if (groups === 1) origins.set(made, weight);
  return made;
}

/** The filters of which `turnedFilters` made these. */
export function originOf(turned: Value): Value | undefined {
  return origins.get(turned);
}
