import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { posterized } from "./levels.ts";
import { occasional, type OccasionalOptions } from "./occasional.ts";
import { probability } from "./range.ts";

/** Options of `posterize`. */
export interface PosterizeOptions extends OccasionalOptions {
  /** Highest bits of each value that are kept, 1 to 8. @default {4} */
  readonly bits?: number;
}

const schema = z.strictObject({
  probability: probability.default(0.5),
  bits: z.int().min(1).max(8).default(4),
});

/**
 * Keeps only the highest bits of every value, with a probability, as torchvision's
 * `RandomPosterize`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { posterize } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([255, 16, 15]) };
 * assertEquals(posterize().apply(image, true).data, new Uint8Array([240, 16, 0]));
 * ```
 */
export function posterize(options: PosterizeOptions = {}): Augmentation<boolean> {
  const { probability, bits } = checkOptions("posterize", schema, options);
  return occasional(
    "posterize",
    { probability, settings: bits },
    (image) => posterized(image, bits),
  );
}
