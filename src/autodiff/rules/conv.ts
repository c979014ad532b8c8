import type { Node, Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { INPUT_LOWERINGS, WEIGHT_LOWERINGS } from "../lowering/conv.ts";
import { type ConvShape, inputLowering, weightLowering } from "../lowering/conv_choice.ts";
import type { GradRule } from "../rule.ts";
import { windowOf } from "../window.ts";

/**
 * Y = X ⋆ W + B, with X `[N, C, ...]`, W `[O, C/groups, ...]`, Y `[N, O, ...]`: linear in each, and
 * each gradient is itself a convolution, by the decomposition that is fastest for the shape.
 */
export const conv: GradRule<"Conv"> = {
  X: ({ g, x, y, dy, node }) => {
    const shape = shapeOf(node, x.X, x.W, y.Y);
    return INPUT_LOWERINGS[inputLowering(shape)](g, shape, dy.Y, x.W);
  },
  W: ({ g, x, y, dy, node }) => {
    const shape = shapeOf(node, x.X, x.W, y.Y);
    return WEIGHT_LOWERINGS[weightLowering(shape, g.options.freeBatch)](g, shape, dy.Y, x.X);
  },
  B: ({ g, dy }) => channelSums(g, dy.Y),
};

/**
 * The transposed convolution Y `[N, O, ...]` of X `[N, C, ...]` with W `[C, O/groups, ...]` is the
 * input gradient of a convolution from Y to X. So dX is that convolution of dY, and dW that
 * convolution's weight gradient with X and dY in each other's place.
 */
export const convTranspose: GradRule<"ConvTranspose"> = {
  X: ({ g, x, y, dy, node }) => {
    const shape = shapeOf(node, y.Y, x.W, x.X);
    return g.op("Conv", [dy.Y, x.W], dimsOf(x.X), {
      group: shape.groups,
      kernel_shape: shape.kernel,
      strides: shape.strides,
      dilations: shape.dilations,
      pads: [...shape.before, ...shape.after],
    });
  },
  W: ({ g, x, y, dy, node }) => {
    const shape = shapeOf(node, y.Y, x.W, x.X);
    return WEIGHT_LOWERINGS[weightLowering(shape, g.options.freeBatch)](g, shape, x.X, dy.Y);
  },
  B: ({ g, dy }) => channelSums(g, dy.Y),
};

/** The convolution of weight `[filters, channels/groups, ...]` that leads from `from` to `to`. */
function shapeOf(node: Node, from: Value, weight: Value, to: Value): ConvShape {
  const [images, channels] = dimsOf(from) as [number, number];
  const [filters, , ...kernel] = dimsOf(weight) as [number, number, ...number[]];
  return {
    ...windowOf(node, from, to, kernel),
    images,
    channels,
    filters,
    groups: node.int("group", 1),
  };
}

function channelSums(g: Builder, dy: Value): Value {
  const axes = dimsOf(dy).flatMap((_, axis) => axis === 1 ? [] : [axis]);
  return g.reduceSum(dy, axes, false);
}
