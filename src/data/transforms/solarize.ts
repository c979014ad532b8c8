import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { solarized } from "./levels.ts";
import { occasional, type OccasionalOptions } from "./occasional.ts";
import { probability } from "./range.ts";

/** Options of `solarize`. */
export interface SolarizeOptions extends OccasionalOptions {
  /** Values from here on are inverted, 0 to 256; 256 inverts none. @default {128} */
  readonly threshold?: number;
}

const schema = z.strictObject({
  probability: probability.default(0.5),
  threshold: z.number().min(0).max(256).default(128),
});

/**
 * Inverts the values from a threshold on, with a probability, as torchvision's `RandomSolarize`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { solarize } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([10, 127, 200]) };
 * assertEquals(solarize().apply(image, true).data, new Uint8Array([10, 127, 55]));
 * ```
 */
export function solarize(options: SolarizeOptions = {}): Augmentation<boolean> {
  const { probability, threshold } = checkOptions("solarize", schema, options);
  return occasional(
    "solarize",
    { probability, settings: threshold },
    (image) => solarized(image, threshold),
  );
}
