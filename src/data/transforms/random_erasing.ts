import { z } from "zod";
import type { Augmentation, Image, Rectangle } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import { probability, range } from "./range.ts";

/** Options of `randomErasing`. */
export interface RandomErasingOptions {
  /** How often a part of the picture is erased. @default {0.5} */
  readonly probability?: number;
  /** Least and greatest share of the area erased. @default {[0.02, 0.33]} */
  readonly scale?: readonly [number, number];
  /** Least and greatest height over width of the part. @default {[0.3, 3.3]} */
  readonly ratio?: readonly [number, number];
  /** Colour put there, 0 to 255 each, or "random" noise. @default {[124, 116, 104]} ImageNet's mean, near 0 once normalised */
  readonly value?: readonly [number, number, number] | "random";
}

/** What `randomErasing` drew. */
export interface Erasure extends Rectangle {
  /** Seed of the noise. */
  readonly noise: number;
}

const channel = z.number().min(0).max(255);
const schema = z.strictObject({
  probability: probability.default(0.5),
  scale: range({ above: 0, most: 1 }).default([0.02, 0.33]),
  ratio: range({ above: 0 }).default([0.3, 3.3]),
  value: z.union([z.tuple([channel, channel, channel]), z.literal("random")])
    .describe('[red, green, blue] from 0 to 255 or "random"').default([124, 116, 104]),
});

/**
 * Erases a random rectangle (Zhong et al. 2017, "Random Erasing Data Augmentation"), drawn as
 * torchvision's `RandomErasing` draws it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randomErasing } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array(6).fill(9) };
 * const part = { leftPx: 1, topPx: 0, widthPx: 1, heightPx: 1, noise: 0 };
 * const erased = randomErasing({ value: [1, 2, 3] }).apply(image, part);
 * assertEquals(erased.data, new Uint8Array([9, 9, 9, 1, 2, 3]));
 * ```
 */
export function randomErasing(
  options: RandomErasingOptions = {},
): Augmentation<Erasure | undefined> {
  const { probability, scale, ratio, value } = checkOptions("randomErasing", schema, options);
  return {
    name: "randomErasing",
    settings: value,
    sample(random, width, height) {
      if (random.uniform() >= probability) return undefined;
      for (let attempt = 0; attempt < 10; attempt++) {
        const area = width * height * (scale[0] + (scale[1] - scale[0]) * random.uniform());
        const aspect = ratio[0] * (ratio[1] / ratio[0]) ** random.uniform();
        const heightPx = Math.round(Math.sqrt(area * aspect));
        const widthPx = Math.round(Math.sqrt(area / aspect));
        if (heightPx < 1 || widthPx < 1 || heightPx >= height || widthPx >= width) continue;
        const topPx = random.integer(height - heightPx + 1);
        const leftPx = random.integer(width - widthPx + 1);
        return { leftPx, topPx, widthPx, heightPx, noise: random.bits() };
      }
      return undefined;
    },
    apply: (image, part) => part === undefined ? image : erase(image, part, value),
  };
}

function erase(
  image: Image,
  { leftPx, topPx, widthPx, heightPx, noise }: Erasure,
  value: readonly [number, number, number] | "random",
): Image {
  const data = image.data.slice();
  const random = rng(noise);
  for (let row = topPx; row < topPx + heightPx; row++) {
    const start = (row * image.widthPx + leftPx) * 3;
    for (let at = 0; at < widthPx * 3; at++) {
      data[start + at] = value === "random" ? random.bits() & 255 : value[at % 3]!;
    }
  }
  return { ...image, data };
}
