import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { anyOf, RAND_AUGMENT, stepOf } from "./magnitudes.ts";
import { applySteps, type PolicyStep } from "./operations.ts";
import { type WarpOptions, warpSchema } from "./warp.ts";

/** Options of `randAugment`. */
export interface RandAugmentOptions extends WarpOptions {
  /** Operations one after the other. @default {2} */
  readonly n?: number;
  /** How strong each is, from 0 to `bins - 1`. @default {9} */
  readonly magnitude?: number;
  /** Steps of the scale of strengths. @default {31} */
  readonly bins?: number;
}

const schema = z.strictObject({
  n: z.int().min(0).default(2),
  magnitude: z.number().min(0).default(9),
  bins: z.int().min(2).default(31),
  ...warpSchema(),
});

/**
 * `n` random operations on shape and colour, all at one strength (Cubuk et al. 2019, "RandAugment:
 * Practical automated data augmentation with a reduced search space"), with torchvision's operations,
 * ranges and defaults. Throws `RangeError` for a magnitude beyond the scale.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randAugment, rng } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array([1, 2, 3, 7, 8, 9]) };
 * const augmentation = randAugment({ n: 3, magnitude: 5 });
 * assertEquals(augmentation.sample(rng(0), 2, 1).length, 3);
 * const negative = augmentation.apply(image, [{ operation: "invert", amount: 0 }]);
 * assertEquals(negative.data[0], 254);
 * ```
 */
export function randAugment(
  options: RandAugmentOptions = {},
): Augmentation<readonly PolicyStep[]> {
  const { n, magnitude, bins, ...warp } = checkOptions("randAugment", schema, options);
  const share = magnitude / (bins - 1);
  if (share > 1) {
    throw new RangeError(
      `randAugment(): option "magnitude" must be a number from 0 to ${bins - 1} (bins - 1), ` +
        `found ${magnitude}`,
    );
  }
  return {
    name: "randAugment",
    settings: warp,
    sample: (random, widthPx, heightPx) =>
      Array.from({ length: n }, () => {
        const operation = anyOf(random, RAND_AUGMENT);
        return stepOf(random, RAND_AUGMENT, { operation, share, widthPx, heightPx });
      }),
    apply: (image, steps) => applySteps(image, steps, warp),
  };
}
