import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Size } from "../geometry.ts";
import { shearing } from "./matrices.ts";
import { spread, spreadSchema } from "./range.ts";
import { type Matrix, warpAffine, type WarpOptions, warpPart, warpSchema } from "./warp.ts";

/** Options of `shear`. */
export interface ShearOptions extends WarpOptions {
  /** Angle by which rows are pushed aside: at most, either way, or least and greatest. @default {10} */
  readonly xDegrees?: number | readonly [number, number];
  /** Angle by which columns are pushed up or down. @default {0} */
  readonly yDegrees?: number | readonly [number, number];
}

/** The angles that `shear` drew. */
export interface ShearAngles {
  /** Of rows, in degrees. */
  readonly xDegrees: number;
  /** Of columns, in degrees. */
  readonly yDegrees: number;
}

const schema = z.strictObject({
  xDegrees: spreadSchema.default(10),
  yDegrees: spreadSchema.default(0),
  ...warpSchema(),
});

/**
 * Slants the picture about its centre by random angles; what comes in is filled. As the shear of
 * torchvision's `RandomAffine`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { shear } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([1, 2, 3]) };
 * assertEquals(shear().apply(image, { xDegrees: 9, yDegrees: 0 }), image);
 * ```
 */
export function shear(options: ShearOptions = {}): Augmentation<ShearAngles> {
  const { xDegrees, yDegrees, ...warp } = checkOptions("shear", schema, options);
  return {
    name: "shear",
    settings: warp,
    sample: (random) => ({
      xDegrees: spread(random, xDegrees),
      yDegrees: spread(random, yDegrees),
    }),
    apply: (image, angles) => warpAffine(image, about(image, angles), warp),
    inGraph: {
      part: warpPart(warp),
      numbers: (angles, widthPx, heightPx) => [
        ...about({ widthPx, heightPx }, angles),
        ...warp.fill,
      ],
    },
  };
}

/** The map of a shear about the centre of a picture. */
function about({ widthPx, heightPx }: Size, { xDegrees, yDegrees }: ShearAngles): Matrix {
  return shearing(xDegrees, yDegrees, [widthPx / 2, heightPx / 2]);
}
