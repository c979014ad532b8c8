import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { equalized } from "./levels.ts";
import { occasional, type OccasionalOptions, occasionalSchema } from "./occasional.ts";

/**
 * Spreads the values of every channel evenly, by their histogram, with a probability, as torchvision's
 * `RandomEqualize`. Pictures of fewer than 256 pixels stay as they are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { equalize } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([7, 8, 9]) };
 * assertEquals(equalize().apply(image, true).data, new Uint8Array([7, 8, 9]));
 * ```
 */
export function equalize(options: OccasionalOptions = {}): Augmentation<boolean> {
  return occasional("equalize", checkOptions("equalize", occasionalSchema, options), equalized);
}
