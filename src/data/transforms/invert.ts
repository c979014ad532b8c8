import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { inverted } from "./levels.ts";
import { occasional, type OccasionalOptions, occasionalSchema } from "./occasional.ts";

/**
 * Turns the picture into its negative with a probability, as torchvision's `RandomInvert`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { invert } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([255, 0, 100]) };
 * assertEquals(invert().apply(image, true).data, new Uint8Array([0, 255, 155]));
 * ```
 */
export function invert(options: OccasionalOptions = {}): Augmentation<boolean> {
  return occasional("invert", checkOptions("invert", occasionalSchema, options), inverted);
}
