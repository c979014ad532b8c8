import { z } from "zod";
import type { Preprocessing } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";

const px = z.int().positive();
const perChannel = z.array(z.number()).min(1).max(4).describe("an array of 1 to 4 numbers");

/** What `Preprocessing` must be, for functions that take one as an option. */
export const preprocessingSchema: z.ZodType<Preprocessing> = z.strictObject({
  heightPx: px,
  widthPx: px,
  resizePx: px,
  interpolation: z.enum(["bilinear", "bicubic", "lanczos", "nearest"]),
  range: z.literal([1, 255]),
  mean: perChannel,
  std: perChannel,
  channels: z.enum(["rgb", "bgr", "gray"]),
  layout: z.enum(["nchw", "nhwc"]),
});

/**
 * What most networks trained on ImageNet want: 224×224 from the centre of a picture whose shorter
 * edge is 256, RGB between 0 and 1, less the mean, over the standard deviation, `[N, C, H, W]`.
 * `overrides` replace single values; where only the size is given, `resizePx` keeps its proportion.
 * Throws `TypeError` or `RangeError` for a wrong one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { imagenetPreprocessing } from "@graft/graft";
 *
 * assertEquals(imagenetPreprocessing().mean, [0.485, 0.456, 0.406]);
 * assertEquals(imagenetPreprocessing({ heightPx: 112, widthPx: 112 }).resizePx, 128);
 * ```
 */
export function imagenetPreprocessing(overrides: Partial<Preprocessing> = {}): Preprocessing {
  const { heightPx = 224, widthPx = 224 } = overrides;
  return checkOptions("imagenetPreprocessing", preprocessingSchema, {
    heightPx,
    widthPx,
    resizePx: Math.round(Math.min(heightPx, widthPx) * 256 / 224),
    interpolation: "bilinear",
    range: 1,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    channels: "rgb",
    layout: "nchw",
    ...overrides,
  });
}
