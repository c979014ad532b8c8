import { z } from "zod";
import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";

/** Options of `randomCrop`. */
export interface RandomCropOptions {
  /** Pixels of black on each side that the crop may reach into. @default {4} */
  readonly paddingPx?: number;
}

/** How far what `randomCrop` shows lies from the picture's corner, in pixels. */
export interface CropShift {
  /** To the right. */
  readonly acrossPx: number;
  /** Downwards. */
  readonly downPx: number;
}

const schema = z.strictObject({ paddingPx: z.number().int().min(0).default(4) });

/**
 * A part of the picture's own size out of it with black around, as torchvision's `RandomCrop` with
 * padding; usual for small pictures (He et al. 2016, "Deep Residual Learning", on CIFAR-10).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randomCrop } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array([1, 2, 3, 7, 8, 9]) };
 * const moved = randomCrop({ paddingPx: 1 }).apply(image, { acrossPx: 1, downPx: 0 });
 * assertEquals(moved.data, new Uint8Array([7, 8, 9, 0, 0, 0]));
 * ```
 */
export function randomCrop(options: RandomCropOptions = {}): Augmentation<CropShift> {
  const { paddingPx } = checkOptions("randomCrop", schema, options);
  return {
    name: "randomCrop",
    sample(random) {
      // torchvision draws the row first.
      const downPx = random.integer(2 * paddingPx + 1) - paddingPx;
      return { acrossPx: random.integer(2 * paddingPx + 1) - paddingPx, downPx };
    },
    apply: shifted,
    inGraph: { part: "shift", numbers: ({ acrossPx, downPx }) => [acrossPx, downPx] },
  };
}

function shifted(image: Image, { acrossPx, downPx }: CropShift): Image {
  const { widthPx, heightPx } = image;
  const data = new Uint8Array(image.data.length);
  const width = Math.max(0, widthPx - Math.abs(acrossPx));
  for (let row = 0; row < heightPx; row++) {
    const from = row + downPx;
    if (from < 0 || from >= heightPx || width === 0) continue;
    const start = 3 * (from * widthPx + Math.max(0, acrossPx));
    const to = 3 * (row * widthPx + Math.max(0, -acrossPx));
    data.set(image.data.subarray(start, start + 3 * width), to);
  }
  return { widthPx, heightPx, data };
}
