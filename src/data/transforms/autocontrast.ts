import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { autocontrasted } from "./levels.ts";
import { occasional, type OccasionalOptions, occasionalSchema } from "./occasional.ts";

/**
 * Stretches every channel from its least and greatest value to 0 and 255 with a probability, as
 * torchvision's `RandomAutocontrast`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { autocontrast } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array([50, 0, 9, 150, 0, 10]) };
 * assertEquals(autocontrast().apply(image, true).data, new Uint8Array([0, 0, 0, 255, 0, 255]));
 * ```
 */
export function autocontrast(options: OccasionalOptions = {}): Augmentation<boolean> {
  return occasional(
    "autocontrast",
    checkOptions("autocontrast", occasionalSchema, options),
    autocontrasted,
  );
}
