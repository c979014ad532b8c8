import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { blurred } from "./filters.ts";
import { range } from "./range.ts";

/** Options of `gaussianBlur`. */
export interface GaussianBlurOptions {
  /** Least and greatest standard deviation, in pixels. @default {[0.1, 2]} */
  readonly sigmaPx?: readonly [number, number];
  /** Width of the kernel in pixels, odd. @default three greatest deviations to either side: 13 */
  readonly kernelPx?: number;
}

const schema = z.strictObject({
  sigmaPx: range({ above: 0 }).default([0.1, 2]),
  kernelPx: z.int().min(1).refine((size) => size % 2 === 1).describe("an odd integer, 1 or more")
    .optional(),
});

/**
 * Blurs the picture by a Gaussian of a random width (Chen et al. 2020, "A Simple Framework for
 * Contrastive Learning", appendix A), as torchvision's `GaussianBlur`. Give `randomApply` for a
 * probability.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gaussianBlur } from "@graft/graft";
 *
 * const image = { widthPx: 3, heightPx: 1, data: new Uint8Array([0, 0, 0, 90, 90, 90, 0, 0, 0]) };
 * const { data } = gaussianBlur({ kernelPx: 3 }).apply(image, 100);
 * assertEquals(data[3], 30);
 * ```
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Augmentation<number> {
  const { sigmaPx, kernelPx } = checkOptions("gaussianBlur", schema, options);
  const [least, most] = sigmaPx;
  const size = kernelPx ?? 2 * Math.ceil(3 * most) + 1;
  return {
    name: "gaussianBlur",
    settings: size,
    sample: (random) => least + (most - least) * random.uniform(),
    apply: (image, sigma) => blurred(image, sigma, size),
  };
}
