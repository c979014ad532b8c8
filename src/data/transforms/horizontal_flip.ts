import { z } from "zod";
import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { probability } from "./range.ts";

/** Options of `horizontalFlip`. */
export interface HorizontalFlipOptions {
  /** How often a picture is mirrored. @default {0.5} */
  readonly probability?: number;
}

const schema = z.strictObject({ probability: probability.default(0.5) });

/**
 * Mirrors the picture, left to right, with a probability.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { horizontalFlip } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array([1, 2, 3, 7, 8, 9]) };
 * assertEquals(horizontalFlip().apply(image, true).data, new Uint8Array([7, 8, 9, 1, 2, 3]));
 * ```
 */
export function horizontalFlip(options: HorizontalFlipOptions = {}): Augmentation<boolean> {
  const { probability } = checkOptions("horizontalFlip", schema, options);
  return {
    name: "horizontalFlip",
    sample: (random) => random.uniform() < probability,
    apply: (image, flips) => flips ? mirror(image) : image,
    inGraph: { part: "mirrorAcross", numbers: (flips) => [Number(flips)] },
  };
}

function mirror({ widthPx, heightPx, data }: Image): Image {
  const mirrored = new Uint8Array(data.length);
  for (let row = 0; row < heightPx; row++) {
    let from = row * widthPx * 3;
    let to = from + widthPx * 3 - 3;
    for (let column = 0; column < widthPx; column++, from += 3, to -= 3) {
      mirrored[to] = data[from]!;
      mirrored[to + 1] = data[from + 1]!;
      mirrored[to + 2] = data[from + 2]!;
    }
  }
  return { widthPx, heightPx, data: mirrored };
}
