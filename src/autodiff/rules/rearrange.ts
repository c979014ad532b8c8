import type { Value } from "../../onnx/graph.ts";
import { positiveAxis, sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
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

/** output = data[indices…] for index tuples, each batch for itself; repeated places add up. */
export const gatherND: GradRule<"GatherND"> = {
  data: ({ g, x, dy, node }) => {
    const shape = dimsOf(x.data);
    const tuples = dimsOf(x.indices);
    const batch = node.int("batch_dims", 0);
    const end = batch + tuples.at(-1)!;
    const [rows, slice] = [sizeOf(shape.slice(0, end)), sizeOf(shape.slice(end))];
    const count = sizeOf(tuples.slice(0, -1));
    const places = g.reshape(flatPlaces(g, x.indices, shape.slice(batch, end)), [count, 1]);
    const own = batch === 0 ? places : g.add(places, firstRows(g, count, shape, [batch, end]));
    const column = g.expand(own, [count, slice]);
    const zeros = g.full([rows, slice], 0, dy.output.type!);
    return g.reshape(g.scatterAdd(zeros, column, g.reshape(dy.output, [count, slice]), 0), shape);
  },
  indices: positions,
};

/** The first row of the batch that each of `count` places is in, `[count, 1]`. */
function firstRows(
  g: Builder,
  count: number,
  shape: readonly number[],
  [batch, end]: readonly [number, number],
): Value {
  const rows = sizeOf(shape.slice(batch, end));
  const each = count / sizeOf(shape.slice(0, batch));
  const first = Array.from({ length: count }, (_, i) => Math.floor(i / each) * rows);
  return g.reshape(g.integers(first), [count, 1]);
}

/** `data` with `updates` in the places of index tuples, or added there. */
export const scatterND: GradRule<"ScatterND"> = {
  data: ({ g, x, dy, node }) => {
    if (reductionOf(node) === "add") return dy.output;
    const zeros = g.full(dimsOf(x.updates), 0, dy.output.type!);
    return g.op("ScatterND", [dy.output, x.indices, zeros], dimsOf(x.data));
  },
  indices: positions,
  updates: ({ g, x, dy, node }) => {
    reductionOf(node);
    return g.op("GatherND", [dy.output, x.indices], dimsOf(x.updates));
  },
};

/** `data` with `updates` at indices along `axis`, or added there. */
export const scatterElements: GradRule<"ScatterElements"> = {
  data: ({ g, x, dy, node }) => {
    if (reductionOf(node) === "add") return dy.output;
    const zeros = g.full(dimsOf(x.updates), 0, dy.output.type!);
    const axis = node.int("axis", 0);
    return g.op("ScatterElements", [dy.output, x.indices, zeros], dimsOf(x.data), { axis });
  },
  indices: positions,
  updates: ({ g, x, dy, node }) => {
    reductionOf(node);
    const axis = node.int("axis", 0);
    return g.op("GatherElements", [dy.output, x.indices], dimsOf(x.updates), { axis });
  },
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

function reductionOf(node: { string(name: string, otherwise: string): string }): string {
  const reduction = node.string("reduction", "none");
  if (reduction === "none" || reduction === "add") return reduction;
  throw new TypeError(`Cannot differentiate ${node}: reduction "${reduction}" is not supported`);
}

/** Index tuples `[…, depth]` as places in the flattened axes of `shape`, negative ones from the end. */
function flatPlaces(g: Builder, indices: Value, shape: readonly number[]): Value {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sizes = g.integers(shape);
  const fromStart = g.op("Mod", [g.add(indices, sizes), sizes], dimsOf(indices));
  const weighted = g.mul(fromStart, g.integers(strides));
  return g.reduceSum(weighted, [dimsOf(indices).length - 1], false);
}
