import { sizeOf } from "../../tensor/shape.ts";
import type { BuilderOptions } from "../builder_options.ts";
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
export type WeightLowering = "swapped" | "channelsLast" | "slices" | "folded" | "depthwise";

/** Places of an image's output from which on a product of its own pays. */
const LARGE_IMAGE = 512;

/** Channels in multiples of this are what the runtime's blocked kernels can take. */
const BLOCK = 16;

/**
 * A convolution with the weight turned around is the faster way wherever it applies: at stride 1,
 * with no more padding than the window reaches. Small images of a number of channels that the blocked
 * kernels do not take are the exception: there the runtime's transposed convolution is one matrix
 * product. (Measured on two cores with AVX-512, batch 16.)
 */
export function inputLowering(shape: ConvShape): InputLowering {
  const reach = extents(shape);
  const applies = shape.strides.every((stride) => stride === 1) &&
    shape.before.every((pad, axis) => pad < reach[axis]!) &&
    shape.after.every((pad, axis) => pad < reach[axis]!);
  if (!applies) return "transposed";
  const isBlocked = shape.channels % BLOCK === 0 && shape.filters % BLOCK === 0;
  const isSmall = shape.groups === 1 && sizeOf(shape.input) <= 200 && shape.channels >= 256;
  return isSmall && !isBlocked ? "transposed" : "flipped";
}

/**
 * Windows of more than one element: one product with the channels last, which lays nothing out in
 * memory; where a group has few channels, rows of channels are too short for that, and the
 * convolution with images and channels exchanged ("swapped", and "depthwise" for one channel a group)
 * is faster. Windows of one element: a product for each image ("slices"), or for small images one
 * for all ("folded"). "depthwise" has a group for each image, which a free batch size rules out.
 */
export function weightLowering(shape: ConvShape, freeBatch = false): WeightLowering {
  const window = sizeOf(shape.kernel);
  const each = shape.channels / shape.groups;
  if (shape.groups > 1 && each === 1 && shape.filters === shape.channels && !freeBatch) {
    return "depthwise";
  }
  const short = shape.groups > 1 ? each <= 8 : each === 1 || each <= 4 && window > 9;
  if (window > 1 && shape.kernel.length <= 2 && !short) return "channelsLast";
  if (shape.groups > 1 || window > 1 && each <= 4) return "swapped";
  return sizeOf(shape.output) <= 64 ? "folded" : "slices";
}

/**
 * Whether "channelsLast" and "swapped" take a product for each image and sum these, rather than one
 * over the places of all images. An image's rows then stay in the cache, and dY needs no other order:
 * 5 to 30 percent of the time, where images are large beside the sums. (Measured as above.) Not with a
 * free batch size, since every image is a group.
 */
export function takesImagesApart(
  shape: ConvShape,
  { freeBatch = false, lacks }: BuilderOptions,
): boolean {
  const places = sizeOf(shape.output);
  return !freeBatch && !lacks?.has("image groups") && shape.groups === 1 && shape.images > 1 &&
    places >= LARGE_IMAGE &&
    shape.channels * sizeOf(shape.kernel) <= 2 * places;
}
