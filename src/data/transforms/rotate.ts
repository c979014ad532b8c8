import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { spread, spreadSchema } from "./range.ts";
import { rotation } from "./matrices.ts";
import { warpAffine, type WarpOptions, warpPart, warpSchema } from "./warp.ts";

/** Options of `rotate`. */
export interface RotateOptions extends WarpOptions {
  /** How far at most, either way, or the least and greatest turn against the clock. @default {15} */
  readonly degrees?: number | readonly [number, number];
}

const schema = z.strictObject({ degrees: spreadSchema.default(15), ...warpSchema() });

/**
 * Turns the picture about its centre by a random angle; the corners that come in are filled. As
 * torchvision's `RandomRotation`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rotate } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array([1, 2, 3, 7, 8, 9]) };
 * assertEquals(rotate({ degrees: 180 }).apply(image, 180).data, new Uint8Array([7, 8, 9, 1, 2, 3]));
 * ```
 */
export function rotate(options: RotateOptions = {}): Augmentation<number> {
  const { degrees, ...warp } = checkOptions("rotate", schema, options);
  return {
    name: "rotate",
    settings: warp,
    sample: (random) => spread(random, degrees),
    apply: (image, angle) => warpAffine(image, rotation(image, angle), warp),
    inGraph: {
      part: warpPart(warp),
      numbers: (angle, widthPx, heightPx) => [
        ...rotation({ widthPx, heightPx }, angle),
        ...warp.fill,
      ],
    },
  };
}
