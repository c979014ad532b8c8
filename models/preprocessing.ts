import type { Preprocessing } from "../src/tensor/dataset.ts";
import { imagenetPreprocessing } from "../src/data/preprocessing.ts";
import type { Dim } from "../src/onnx/graph.ts";
import type { ValueInfo } from "../src/onnx/model.ts";

/** How networks that came from Caffe want them: BGR from 0 to 255, the mean subtracted, 224×224. */
export function caffePreprocessing(mean: readonly number[], std = 1): Preprocessing {
  return {
    ...imagenetPreprocessing(),
    range: 255,
    mean,
    std: [std, std, std],
    channels: "bgr",
  };
}

/** Networks below this size take digits, faces and the like, which fill the picture: nothing is cropped off. */
const SMALL_PX = 96;

/**
 * A guess from the network's input alone: ImageNet's for three channels, plain 0 to 1 for one
 * channel, first or last. A free height or width becomes 224. `undefined` where the inputs are not
 * one picture.
 */
export function guessPreprocessing(inputs: readonly ValueInfo[]): Preprocessing | undefined {
  const [picture, ...others] = inputs;
  if (others.length > 0 || picture?.type !== "float32" || picture.shape.length !== 4) {
    return undefined;
  }
  const [, a, b, c] = picture.shape as readonly [Dim, Dim, Dim, Dim];
  const isChannels = (dim: Dim) => dim === 3 || dim === 1;
  const layout = isChannels(a) ? "nchw" : isChannels(c) ? "nhwc" : undefined;
  if (layout === undefined) return undefined;
  const [channels, height, width] = layout === "nchw" ? [a, b, c] : [c, a, b];
  const heightPx = typeof height === "number" ? height : 224;
  const widthPx = typeof width === "number" ? width : 224;
  const small = Math.max(heightPx, widthPx) < SMALL_PX;
  const colour = imagenetPreprocessing({
    heightPx,
    widthPx,
    layout,
    ...(small && { resizePx: Math.min(heightPx, widthPx) }),
  });
  return channels === 3 ? colour : { ...colour, mean: [0], std: [1], channels: "gray" };
}
