import type { Node, Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { axesOf } from "../constant.ts";
import { type GradRule, stop } from "../rule.ts";

const axes = stop("axes have no derivative");

/** The sum over `axes`: every element gets the gradient of its sum. */
export const reduceSum: GradRule<"ReduceSum"> = {
  data: ({ g, x, dy, node }) => stretched(g, dy.reduced, x.data, x.axes, node),
  axes,
};

/** The mean over `axes`: every element gets its share. */
export const reduceMean: GradRule<"ReduceMean"> = {
  data: ({ g, x, dy, node }) => {
    const share = sizeOf(dimsOf(dy.reduced)) / sizeOf(dimsOf(x.data));
    return stretched(g, g.scale(dy.reduced, share), x.data, x.axes, node);
  },
  axes,
};

/** The result of a reduction repeated over the axes that it took away. */
function stretched(g: Builder, dy: Value, data: Value, axes: Value | undefined, node: Node): Value {
  const shape = dimsOf(data);
  const reduced = axesOf(axes, data, node);
  const kept = shape.map((dim, axis) => reduced.includes(axis) ? 1 : dim);
  return g.expand(g.reshape(dy, kept), shape);
}
