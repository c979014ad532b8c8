import type { Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { extents, positions } from "../window.ts";
import {
  type ConvShape,
  type InputLowering,
  takesImagesApart,
  type WeightLowering,
} from "./conv_choice.ts";
import { turnedFilters } from "./turned_filters.ts";

/** A way to compute the gradient by the input from `dy` and the weight. */
type ByInput = (g: Builder, shape: ConvShape, dy: Value, weight: Value) => Value;

/** A way to compute the gradient by the weight from `dy` and the input. */
type ByWeight = (g: Builder, shape: ConvShape, dy: Value, x: Value) => Value;

/** Gradients by the input, `[N, C, ...]`. */
export const INPUT_LOWERINGS: Readonly<Record<InputLowering, ByInput>> = {
  /** dX is dY convolved with the weight turned around, inputs and outputs exchanged. Stride 1. */
  flipped: (g, shape, dy, weight) => {
    const { groups, channels, kernel } = shape;
    const reach = extents(shape);
    const flipped = turnedFilters(g, weight, groups);
    return g.op("Conv", [dy, flipped], [shape.images, channels, ...shape.input], {
      group: groups,
      kernel_shape: kernel,
      dilations: shape.dilations,
      strides: shape.strides,
      pads: [
        ...shape.before.map((pad, axis) => reach[axis]! - 1 - pad),
        ...shape.input.map((size, axis) => size - shape.output[axis]! + shape.before[axis]!),
      ],
    });
  },
  /** dX is the transposed convolution of dY, for any stride. */
  transposed: (g, shape, dy, weight) => {
    const reach = extents(shape);
    const rest = shape.input.map((size, axis) =>
      size - ((shape.output[axis]! - 1) * shape.strides[axis]! + reach[axis]!) +
      shape.before[axis]! + shape.after[axis]!
    );
    return g.op("ConvTranspose", [dy, weight], [shape.images, shape.channels, ...shape.input], {
      group: shape.groups,
      kernel_shape: shape.kernel,
      dilations: shape.dilations,
      strides: shape.strides,
      pads: [...shape.before, ...shape.after],
      output_padding: rest,
    });
  },
};

/** Gradients by the weight, `[O, C/groups, ...]`. */
export const WEIGHT_LOWERINGS: Readonly<Record<WeightLowering, ByWeight>> = {
  /**
   * dW is X convolved with dY: channels take the place of images, images that of channels, and
   * strides and dilations change places. Any groups; of one, large images have a product each.
   */
  swapped: (g, shape, dy, x) => {
    const { images, channels, filters, groups } = shape;
    const each = channels / groups;
    const byGroup = g.reshape(x, [images, groups, each, sizeOf(shape.input)]);
    const turned = g.reshape(g.transpose(byGroup, [2, 1, 0, 3]), [
      each,
      groups * images,
      ...shape.input,
    ]);
    const { filter, parts } = filterOf(g, shape, dy);
    const lead = [each, parts * filters] as const;
    const sums = correlated(g, shape, turned, filter, groups * parts, lead);
    const window = dimsOf(sums).slice(2);
    const whole = summed(g, g.reshape(sums, [each, parts, filters, ...window]), 1);
    return g.transpose(whole, exchanged(dimsOf(whole).length));
  },
  /**
   * X convolved with dY, images in the place of channels, and the channels one more axis that the
   * window moves along: one matrix product, or one for each large image, whose rows of channels the
   * runtime lays out in its cache as it goes.
   */
  channelsLast: (g, shape, dy, x) => {
    const { images, channels, filters, groups, kernel } = shape;
    const each = channels / groups;
    const rank = kernel.length;
    const spans = shape.output.map((size, axis) => (size - 1) * shape.strides[axis]! + 1);
    // So much padding after that exactly the window's positions come out; less than none is cut off.
    const after = kernel.map((size, axis) =>
      (size - 1) * shape.dilations[axis]! + spans[axis]! - shape.input[axis]! - shape.before[axis]!
    );
    const cut = after.map((count) => Math.min(count, 0));
    const data = g.pad(x, [0, 0, ...cut.map(() => 0)], [0, 0, ...cut]);
    const size = dimsOf(data).slice(2);
    // Two exchanges of neighbours, each of which the runtime does block by block.
    const apart = g.reshape(data, [images, groups, each, sizeOf(size)]);
    const last = g.transpose(apart, [0, 1, 3, 2]);
    const turned = g.reshape(groups === 1 ? last : g.transpose(last, [1, 0, 2, 3]), [
      1,
      groups * images,
      ...size,
      each,
    ]);
    const { filter, parts } = filterOf(g, shape, dy);
    const sums = g.op("Conv", [turned, g.reshape(filter, [...dimsOf(filter), 1])], [
      1,
      parts * filters,
      ...kernel,
      each,
    ], {
      group: groups * parts,
      kernel_shape: [...shape.output, 1],
      strides: [...shape.dilations, 1],
      dilations: [...shape.strides, 1],
      pads: [...shape.before, 0, ...after.map((count) => Math.max(count, 0)), 0],
    });
    const places = kernel.map((_, axis) => axis + 1);
    const whole = summed(g, g.reshape(sums, [parts, filters, ...kernel, each]), 0);
    return g.transpose(whole, [0, rank + 1, ...places]);
  },
  /** For one channel a group: every image and channel is a group, summed over images. */
  depthwise: (g, shape, dy, x) => {
    const groups = shape.images * shape.channels;
    const data = g.reshape(x, [1, groups, ...shape.input]);
    const filter = g.reshape(dy, [groups, 1, ...shape.output]);
    const sums = correlated(g, shape, data, filter, groups, [1, groups]);
    const apart = g.reshape(sums, [shape.images, shape.channels, 1, ...shape.kernel]);
    return g.reduceSum(apart, [0], false);
  },
  /** For each place in the window, dY·Xᵀ over the positions of each image; then summed over images. */
  slices: (g, shape, dy, x) => {
    const { images, channels, filters } = shape;
    const places = sizeOf(shape.output);
    const rows = g.reshape(dy, [images, filters, places]);
    return stacked(g, shape, x, (part) => {
      const product = g.matMul(rows, g.reshape(part, [images, channels, places]), { b: true });
      return g.reduceSum(product, [0], false);
    });
  },
  /** For each place in the window, one product over the positions of all images. */
  folded: (g, shape, dy, x) => {
    const { images, channels, filters } = shape;
    const places = sizeOf(shape.output);
    const fold = (value: Value, count: number) =>
      g.reshape(
        g.transpose(g.reshape(value, [images, count, places]), [1, 0, 2]),
        [count, images * places],
      );
    const rows = fold(dy, filters);
    return stacked(g, shape, x, (part) => g.gemm(rows, fold(part, channels), { b: true }));
  },
};

/** What X is convolved with for the weight's gradient, and the parts that this gives a sum of. */
interface OutputFilter {
  /** dY with its first two axes exchanged, or as filters of one image each. */
  readonly filter: Value;
  /** As many as there are images, or 1. */
  readonly parts: number;
}

function filterOf(g: Builder, shape: ConvShape, dy: Value): OutputFilter {
  const { images, filters, output } = shape;
  if (takesImagesApart(shape, g.options)) {
    return { filter: g.reshape(dy, [images * filters, 1, ...output]), parts: images };
  }
  return { filter: g.transpose(dy, exchanged(dimsOf(dy).length)), parts: 1 };
}

/** The sum along an axis, which may have one element. */
function summed(g: Builder, value: Value, axis: number): Value {
  const dims = dimsOf(value);
  return dims[axis] === 1
    ? g.reshape(value, dims.toSpliced(axis, 1))
    : g.reduceSum(value, [axis], false);
}

/** Correlates `data` with a filter as large as the output; the result is cut to the window. */
function correlated(
  g: Builder,
  shape: ConvShape,
  data: Value,
  filter: Value,
  groups: number,
  lead: readonly [number, number],
): Value {
  const result = shape.input.map((size, axis) => {
    const span = (shape.output[axis]! - 1) * shape.strides[axis]! + 1;
    const padded = size + shape.before[axis]! + shape.after[axis]!;
    return Math.floor((padded - span) / shape.dilations[axis]!) + 1;
  });
  const sums = g.op("Conv", [data, filter], [...lead, ...result], {
    group: groups,
    kernel_shape: shape.output,
    strides: shape.dilations,
    dilations: shape.strides,
    pads: [...shape.before, ...shape.after],
  });
  const axes = shape.kernel.map((_, axis) => axis + 2);
  return g.slice(sums, axes, axes.map(() => 0), shape.kernel);
}

/** `product` of the part of X under each place of the window, put together as `[O, C, ...window]`. */
function stacked(
  g: Builder,
  shape: ConvShape,
  x: Value,
  product: (part: Value) => Value,
): Value {
  const axes = shape.kernel.map((_, axis) => axis + 2);
  const padded = g.pad(x, [0, 0, ...shape.before], [0, 0, ...shape.after]);
  const lead = [shape.filters, shape.channels];
  const parts = positions(shape.kernel).map((at) => {
    const starts = at.map((place, axis) => place * shape.dilations[axis]!);
    const ends = starts.map((start, axis) =>
      start + (shape.output[axis]! - 1) * shape.strides[axis]! + 1
    );
    return g.reshape(product(g.slice(padded, axes, starts, ends, shape.strides)), [...lead, 1]);
  });
  return g.reshape(g.concat(parts, 2), [...lead, ...shape.kernel]);
}

/** Axes with the first two exchanged. */
function exchanged(rank: number): number[] {
  return [1, 0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2)];
}
