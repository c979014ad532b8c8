import { sizeOf } from "../../tensor/shape.ts";
import { extents, type Window } from "../window.ts";

/** A convolution, as far as the choice of its backward operators depends on it. */
export interface ConvShape extends Window {
  /** Batch size. */
  readonly images: number;
  /** Channels of the input. */
  readonly channels: number;
  /** Channels of the output. */
  readonly filters: number;
  /** Groups that input and output channels are divided into. */
  readonly groups: number;
}

/** Ways to compute the gradient by the input. */
export type InputLowering = "flipped" | "transposed";

/** Ways to compute the gradient by the weight. */
export type WeightLowering = "swapped" | "slices" | "folded" | "depthwise";

/**
 * A convolution with the weight turned around is the faster way wherever it applies: at stride 1,
 * with no more padding than the window reaches (`bench/conv_bench.ts`). Small images are the
 * exception: there the runtime's transposed convolution is one matrix product.
 */
export function inputLowering(shape: ConvShape): InputLowering {
  const reach = extents(shape);
  const applies = shape.strides.every((stride) => stride === 1) &&
    shape.before.every((pad, axis) => pad < reach[axis]!) &&
    shape.after.every((pad, axis) => pad < reach[axis]!);
  if (!applies) return "transposed";
  const perGroup = shape.channels / shape.groups;
  return shape.groups === 1 && sizeOf(shape.input) <= 200 && perGroup >= 256
    ? "transposed"
    : "flipped";
}

/**
 * Many positions: one matrix product an image and window position ("slices"). Few: all images in
 * one product ("folded"). Few input channels, large windows or groups: the convolution itself,
 * with images and channels exchanged ("swapped", and "depthwise" for one channel a group).
 */
export function weightLowering(shape: ConvShape): WeightLowering {
  const window = sizeOf(shape.kernel);
  const places = sizeOf(shape.output);
  if (shape.groups > 1) {
    return shape.groups === shape.channels && shape.filters === shape.channels
      ? "depthwise"
      : "swapped";
  }
  if (shape.channels <= 4 && window > 1) return "swapped";
  return places <= 64 ? "folded" : "slices";
}
