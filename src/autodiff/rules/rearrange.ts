import { positiveAxis } from "../../tensor/shape.ts";
import { dimsOf } from "../builder.ts";
import { numbersOf } from "../constant.ts";
import { type GradRule, stop } from "../rule.ts";

const positions = stop("integer positions have no derivative");

/** Blocks of channels laid out in space; the gradient's positions go back to channels. */
export const depthToSpace: GradRule<"DepthToSpace"> = {
  input: ({ g, x, dy, node }) => {
    const block = node.int("blocksize", 1);
    const [images, channels, height, width] = dimsOf(x.input) as [number, number, number, number];
    const depth = channels / (block * block);
    const apart = g.reshape(dy.output, [images, depth, height, block, width, block]);
    const order = node.string("mode", "DCR") === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
    return g.reshape(g.transpose(apart, order), dimsOf(x.input));
  },
};

/** Blocks in space laid out as channels; the gradient's channels go back into space. */
export const spaceToDepth: GradRule<"SpaceToDepth"> = {
  input: ({ g, x, dy, node }) => {
    const block = node.int("blocksize", 1);
    const [images, channels, height, width] = dimsOf(x.input) as [number, number, number, number];
    const [down, across] = [height / block, width / block];
    const apart = g.reshape(dy.output, [images, block, block, channels, down, across]);
    return g.reshape(g.transpose(apart, [0, 3, 4, 1, 5, 2]), dimsOf(x.input));
  },
};

/** `input` repeated along each axis: the copies' gradients add up. */
export const tile: GradRule<"Tile"> = {
  input: ({ g, x, dy, node }) => {
    const repeats = numbersOf(x.repeats, node);
    const shape = dimsOf(x.input);
    const apart = shape.flatMap((dim, axis) => [repeats[axis]!, dim]);
    const copies = shape.map((_, axis) => 2 * axis);
    return g.reduceSum(g.reshape(dy.output, apart), copies, false);
  },
  repeats: positions,
};

/** The upper or lower triangle of matrices, zeros elsewhere. */
export const trilu: GradRule<"Trilu"> = {
  input: ({ g, x, dy, node }) =>
    g.op("Trilu", [dy.output, x.k], dimsOf(x.input), { upper: node.int("upper", 1) }),
  k: positions,
};

/** Each sequence's first elements in reverse order, which turns itself back. */
export const reverseSequence: GradRule<"ReverseSequence"> = {
  input: ({ g, x, dy, node }) =>
    g.op("ReverseSequence", [dy.Y, x.sequence_lens], dimsOf(x.input), {
      batch_axis: node.int("batch_axis", 1),
      time_axis: node.int("time_axis", 0),
    }),
  sequence_lens: positions,
};

/** Sums of all elements up to each; so each element's gradient is a sum from the other end. */
export const cumSum: GradRule<"CumSum"> = {
  x: ({ g, x, dy, node }) =>
    g.op("CumSum", [dy.y, x.axis], dimsOf(x.x), {
      exclusive: node.int("exclusive", 0),
      reverse: 1 - node.int("reverse", 0),
    }),
  axis: positions,
};

/** The k largest or smallest along `axis`: each passes its gradient to its place. */
export const topK: GradRule<"TopK"> = {
  X: ({ g, x, dy, node }) => {
    const shape = dimsOf(dy.Values);
    const axis = positiveAxis(node.int("axis", -1), shape.length);
    const indices = g.output(node, 1, { type: "int64", shape });
    return g.scatterAdd(g.full(dimsOf(x.X), 0, dy.Values.type!), indices, dy.Values, axis);
  },
  K: positions,
};
