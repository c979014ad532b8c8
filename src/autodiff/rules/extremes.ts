import type { Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { GradRule } from "../rule.ts";

/** The largest of the inputs, element by element; equal ones share the gradient, as in PyTorch. */
export const max: GradRule<"Max"> = {
  data_0: ({ g, x, y, dy, index }) => shared(g, x.data_0, y.max, dy.max, index),
};

/** The smallest of the inputs; equal ones share the gradient. */
export const min: GradRule<"Min"> = {
  data_0: ({ g, x, y, dy, index }) => shared(g, x.data_0, y.min, dy.min, index),
};

/** The mean of the inputs. */
export const mean: GradRule<"Mean"> = {
  data_0: ({ g, x, dy }) => g.scale(dy.mean, 1 / x.data_0.length),
};

function shared(
  g: Builder,
  inputs: readonly Value[],
  best: Value,
  dy: Value,
  index: number,
): Value {
  const isBest = (input: Value) => {
    const equal = g.compare("Equal", input, best);
    return g.expand(g.cast(equal, dy.type!), dimsOf(best));
  };
  if (inputs.length === 1) return dy;
  return g.div(g.mul(dy, isBest(inputs[index]!)), g.sum(inputs.map(isBest)));
}
