import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { greyed } from "./levels.ts";
import { occasional } from "./occasional.ts";
import { probability } from "./range.ts";

/** Options of `grayscale`. */
export interface GrayscaleOptions {
  /** How often a picture loses its colours. @default {0.1} */
  readonly probability?: number;
}

const schema = z.strictObject({ probability: probability.default(0.1) });

/**
 * Takes the colours away with a probability: three equal channels of luma (ITU-R 601), as torchvision's
 * `RandomGrayscale`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grayscale } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([255, 0, 0]) };
 * assertEquals(grayscale().apply(image, true).data, new Uint8Array([76, 76, 76]));
 * ```
 */
export function grayscale(options: GrayscaleOptions = {}): Augmentation<boolean> {
  return {
    ...occasional("grayscale", checkOptions("grayscale", schema, options), greyed),
    // All that is left is each pixel's own grey.
    inGraph: { part: "levels", numbers: (isGrey) => isGrey ? [0, 0, 1] : [1, 0, 0] },
  };
}
