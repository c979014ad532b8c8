import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { sharpened } from "./filters.ts";
import { occasional, type OccasionalOptions } from "./occasional.ts";
import { probability } from "./range.ts";

/** Options of `sharpen`. */
export interface SharpenOptions extends OccasionalOptions {
  /** 0 smooths, 1 leaves alone, more sharpens. @default {2} */
  readonly factor?: number;
}

const schema = z.strictObject({
  probability: probability.default(0.5),
  factor: z.number().min(0).default(2),
});

/**
 * Sharpens or smooths the picture with a probability, as torchvision's `RandomAdjustSharpness`: away
 * from, or towards, its mean over 3×3 pixels. The outermost pixels stay.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sharpen } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([1, 2, 3]) };
 * assertEquals(sharpen({ factor: 3 }).apply(image, true).data, new Uint8Array([1, 2, 3]));
 * ```
 */
export function sharpen(options: SharpenOptions = {}): Augmentation<boolean> {
  const { probability, factor } = checkOptions("sharpen", schema, options);
  return occasional(
    "sharpen",
    { probability, settings: factor },
    (image) => sharpened(image, factor),
  );
}
