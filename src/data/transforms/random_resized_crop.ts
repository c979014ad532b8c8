import { z } from "zod";
import type { Augmentation, Rectangle } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Rng } from "../../tensor/rng.ts";
import { range } from "./range.ts";

/** Options of `randomResizedCrop`. */
export interface RandomResizedCropOptions {
  /** Least and greatest share of the picture's area. @default {[0.08, 1]} */
  readonly scale?: readonly [number, number];
  /** Least and greatest width over height, before resizing. @default {[3 / 4, 4 / 3]} */
  readonly ratio?: readonly [number, number];
}

const schema = z.strictObject({
  scale: range({ above: 0, most: 1 }).default([0.08, 1]),
  ratio: range({ above: 0 }).default([3 / 4, 4 / 3]),
});

/**
 * A part of the picture of random size, shape and place, resized to the network's input; drawn as
 * torchvision's `RandomResizedCrop` draws it (Szegedy et al. 2015, "Going Deeper with Convolutions").
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { randomResizedCrop, rng } from "@graft/graft";
 *
 * const part = randomResizedCrop({ scale: [0.5, 1] }).sample(rng(0), 400, 300);
 * assert(part.widthPx * part.heightPx > 0.49 * 400 * 300);
 * ```
 */
export function randomResizedCrop(
  options: RandomResizedCropOptions = {},
): Augmentation<Rectangle> {
  const { scale, ratio } = checkOptions("randomResizedCrop", schema, options);
  return {
    name: "randomResizedCrop",
    sample: (random, widthPx, heightPx) => sample(random, widthPx, heightPx, scale, ratio),
    crop: (part) => part,
    apply: (image) => image,
    inGraph: {
      part: "window",
      numbers: ({ leftPx, topPx, ...part }, widthPx, heightPx) => [
        leftPx / widthPx,
        topPx / heightPx,
        part.widthPx / widthPx,
        part.heightPx / heightPx,
      ],
    },
  };
}

function sample(
  random: Rng,
  width: number,
  height: number,
  [least, most]: readonly [number, number],
  [narrowest, widest]: readonly [number, number],
): Rectangle {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * (least + (most - least) * random.uniform());
    // Uniform in the logarithm: twice as wide is as likely as twice as high.
    const aspect = narrowest * (widest / narrowest) ** random.uniform();
    const widthPx = Math.round(Math.sqrt(area * aspect));
    const heightPx = Math.round(Math.sqrt(area / aspect));
    if (widthPx > 0 && widthPx <= width && heightPx > 0 && heightPx <= height) {
      const topPx = random.integer(height - heightPx + 1);
      const leftPx = random.integer(width - widthPx + 1);
      return { leftPx, topPx, widthPx, heightPx };
    }
  }
  const aspect = Math.min(Math.max(width / height, narrowest), widest);
  const widthPx = Math.max(1, Math.min(width, Math.round(height * aspect)));
  const heightPx = Math.max(1, Math.min(height, Math.round(width / aspect)));
  return {
    leftPx: Math.floor((width - widthPx) / 2),
    topPx: Math.floor((height - heightPx) / 2),
    widthPx,
    heightPx,
  };
}
