import type { Value } from "../../onnx/graph.ts";
import { positiveAxis, sizeOf } from "../../tensor/shape.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import { numbersOf } from "../constant.ts";
import { fourier } from "../fourier.ts";
import { type GradRule, stop } from "../rule.ts";
import { positions } from "../window.ts";

const sizes = stop("sizes and positions have no derivative");

/** Every point of a grid by one matrix an image: dtheta is the sum of the points' products. */
export const affineGrid: GradRule<"AffineGrid"> = {
  theta: ({ g, x, dy, node }) => {
    const spatial = numbersOf(x.size, node).slice(2);
    const alignCorners = node.int("align_corners", 0) === 1;
    const step = (i: number, size: number) =>
      alignCorners ? (size === 1 ? 1 : 2 * i / (size - 1) - 1) : (2 * i + 1) / size - 1;
    const points = positions(spatial).flatMap((place) => [
      ...place.map((i, axis) => step(i, spatial[axis]!)).reverse(),
      1,
    ]);
    const [images, axes] = [dimsOf(x.theta)[0]!, spatial.length];
    const base = g.constant(tensor(typeOf(x.theta), [1, sizeOf(spatial), axes + 1], points));
    const rows = g.reshape(dy.grid, [images, sizeOf(spatial), axes]);
    return g.matMul(g.transpose(rows, [0, 2, 1]), base);
  },
  size: sizes,
};

/** Columns added up where they lie in a picture: each gets what lies at its place. */
export const col2Im: GradRule<"Col2Im"> = {
  input: ({ g, x, dy, node }) => {
    const image = numbersOf(x.image_shape, node);
    const block = numbersOf(x.block_shape, node);
    const ones = image.map(() => 1);
    const strides = node.ints("strides") ?? ones;
    const dilations = node.ints("dilations") ?? ones;
    const pads = node.ints("pads") ?? [...image, ...image].map(() => 0);
    const rank = image.length;
    const padded = image.map((size, axis) => size + pads[axis]! + pads[axis + rank]!);
    const steps = padded.map((size, axis) =>
      Math.floor((size - dilations[axis]! * (block[axis]! - 1) - 1) / strides[axis]!) + 1
    );
    const places = positions(block).flatMap((tap) =>
      positions(steps).map((at) =>
        at.reduce(
          (sum, i, axis) =>
            sum * padded[axis]! + i * strides[axis]! + tap[axis]! * dilations[axis]!,
          0,
        )
      )
    );
    const whole = g.pad(dy.output, [0, 0, ...pads.slice(0, rank)], [0, 0, ...pads.slice(rank)]);
    const [images, channels] = dimsOf(dy.output) as [number, number];
    const flat = g.reshape(whole, [images, channels, sizeOf(padded)]);
    return g.reshape(g.gather(flat, g.integers(places), 2), dimsOf(x.input));
  },
  image_shape: sizes,
  block_shape: sizes,
};

/** A Fourier transform is linear, and its matrix symmetric: the gradient goes through its conjugate. */
export const dft: GradRule<"DFT"> = {
  input: ({ g, x, dy, node }) => {
    const shape = dimsOf(x.input);
    const rank = shape.length;
    const given = x.axis ? numbersOf(x.axis, node)[0]! : node.int("axis", x.axis ? -2 : 1);
    const isNew = (g.graph.opsets.get("") ?? 18) >= 20;
    const axis = positiveAxis(x.axis || !isNew ? given : -2, rank);
    const isInverse = node.int("inverse", 0) === 1;
    const size = x.dft_length ? numbersOf(x.dft_length, node)[0]! : shape[axis]!;
    if (isInverse && node.int("onesided", 0) === 1) {
      throw new TypeError(`Cannot differentiate ${node}: a one-sided inverse is not supported`);
    }
    const bins = dimsOf(dy.output)[axis]!;
    const whole = g.pad(dy.output, shape.map(() => 0), ahead(rank, axis, size - bins));
    const back = fourier(g, whole, axis, { isInverse: !isInverse, isOnesided: false });
    const scaled = g.scale(back, isInverse ? 1 / size : size);
    const parts = g.slice(scaled, [rank - 1], [0], [shape[rank - 1]!]);
    return g.pad(parts, shape.map(() => 0), ahead(rank, axis, shape[axis]! - size));
  },
  dft_length: sizes,
  axis: sizes,
};

function ahead(rank: number, axis: number, count: number): number[] {
  return Array.from({ length: rank }, (_, at) => at === axis ? count : 0);
}

/** dX = dY·det(X)·X⁻ᵀ, for matrices that have an inverse. */
export const det: GradRule<"Det"> = {
  X: ({ g, x, y, dy }) => {
    const shape = dimsOf(x.X);
    const inverse = g.op("Inverse", [x.X], shape, {}, typeOf(x.X), "com.microsoft");
    const factor = g.reshape(g.mul(dy.Y, y.Y), [...shape.slice(0, -2), 1, 1]);
    return g.mul(g.swapLast(inverse), factor);
  },
};

/** One of two values everywhere: each gets the sum of where it stands. */
export const oneHot: GradRule<"OneHot"> = {
  indices: sizes,
  depth: sizes,
  values: ({ g, x, dy, node }) => {
    const type = typeOf(x.values);
    const marks = g.op(
      "OneHot",
      [x.indices, x.depth, g.constant(tensor(type, [2], [0, 1]))],
      dimsOf(dy.output),
      { axis: node.int("axis", -1) },
      type,
    );
    const axes = dimsOf(dy.output).map((_, axis) => axis);
    const total = (value: Value) => g.reshape(g.reduceSum(value, axes), [1]);
    const on = total(g.mul(dy.output, marks));
    return g.concat([g.sub(total(dy.output), on), on], 0);
  },
};

/** `update` written into `past_cache` from a position on: each passes back what is left of it. */
export const tensorScatter: GradRule<"TensorScatter"> = {
  past_cache: ({ g, x, dy, node }) => {
    const zeros = g.full(dimsOf(x.update), 0, typeOf(x.update));
    return g.op("TensorScatter", [dy.present_cache, zeros, x.write_indices], dimsOf(x.past_cache), {
      axis: node.int("axis", -2),
      mode: node.string("mode", "linear"),
    });
  },
  update: ({ g, x, dy, node }) => {
    const shape = dimsOf(x.update);
    const axis = positiveAxis(node.int("axis", -2), shape.length);
    const size = dimsOf(x.past_cache)[axis]!;
    return g.op(
      "GatherElements",
      [dy.present_cache, places(g, x.write_indices, shape, axis, size)],
      shape,
      {
        axis,
      },
    );
  },
  write_indices: sizes,
};

/** Where each element of an update is written along `axis`, round the end. */
function places(
  g: Builder,
  starts: Value | undefined,
  shape: readonly number[],
  axis: number,
  size: number,
): Value {
  const counted = g.constant(
    tensor("int64", shape.map((dim, at) => at === axis ? dim : 1), [...Array(shape[axis]!).keys()]),
  );
  const first = starts
    ? g.reshape(starts, shape.map((dim, at) => at === 0 ? dim : 1))
    : g.scalar(0, "int64");
  const at = g.add(counted, first);
  return g.expand(g.op("Mod", [at, g.scalar(size, "int64")], dimsOf(at)), shape);
}
