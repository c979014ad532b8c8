import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { occasional, type OccasionalOptions, occasionalSchema } from "./occasional.ts";

/**
 * Turns the picture upside down, as in a lake, with a probability: for pictures without an up, such as
 * those from above or from a microscope.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { verticalFlip } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 2, data: new Uint8Array([1, 2, 3, 7, 8, 9]) };
 * assertEquals(verticalFlip().apply(image, true).data, new Uint8Array([7, 8, 9, 1, 2, 3]));
 * ```
 */
export function verticalFlip(options: OccasionalOptions = {}): Augmentation<boolean> {
  const checked = checkOptions("verticalFlip", occasionalSchema, options);
  return {
    ...occasional("verticalFlip", checked, flip),
    inGraph: { part: "mirrorDown", numbers: (flips) => [Number(flips)] },
  };
}

function flip(image: Image): Image {
  const { widthPx, heightPx } = image;
  const stride = widthPx * 3;
  const data = new Uint8Array(image.data.length);
  for (let row = 0; row < heightPx; row++) {
    const from = (heightPx - 1 - row) * stride;
    data.set(image.data.subarray(from, from + stride), row * stride);
  }
  return { ...image, data };
}
