import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Rng } from "../../tensor/rng.ts";
import { perspectiveTo, type Point } from "./matrices.ts";
import { probability } from "./range.ts";
import { type WarpOptions, warpPart, warpPerspective, warpSchema } from "./warp.ts";

/** Options of `perspective`; `interpolation` is "bilinear" by default. */
export interface PerspectiveOptions extends WarpOptions {
  /** How far corners may move inwards, as a share of half the picture, 0 to 1. @default {0.5} */
  readonly distortion?: number;
  /** How often a picture is changed. @default {0.5} */
  readonly probability?: number;
}

/** Where the corners go, in pixels: top left, top right, bottom right, bottom left. */
export type Corners = readonly (readonly [x: number, y: number])[];

/** Coefficients of the picture as it is. */
const UNCHANGED = [1, 0, 0, 0, 1, 0, 0, 0];

const schema = z.strictObject({
  distortion: z.number().min(0).max(1).default(0.5),
  probability: probability.default(0.5),
  ...warpSchema("bilinear"),
});

/**
 * Shows the picture as if it were seen from aside, with a probability: each corner moves inwards at
 * random, and the rest is filled. As torchvision's `RandomPerspective`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { perspective } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 2, data: new Uint8Array(12).fill(9) };
 * assertEquals(perspective().apply(image, [[0, 0], [1, 0], [1, 1], [0, 1]]), image);
 * ```
 */
export function perspective(options: PerspectiveOptions = {}): Augmentation<Corners | undefined> {
  const { distortion, probability, ...warp } = checkOptions("perspective", schema, options);
  return {
    name: "perspective",
    settings: warp,
    sample: (random, widthPx, heightPx) =>
      random.uniform() < probability ? draw(random, widthPx, heightPx, distortion) : undefined,
    apply: (image, corners) =>
      corners === undefined
        ? image
        : warpPerspective(image, perspectiveTo(image, corners as readonly Point[]), warp),
    inGraph: {
      part: warpPart(warp),
      numbers: (corners, widthPx, heightPx) => [
        ...corners === undefined
          ? UNCHANGED
          : perspectiveTo({ widthPx, heightPx }, corners as readonly Point[]),
        ...warp.fill,
      ],
    },
  };
}

function draw(random: Rng, width: number, height: number, distortion: number): Corners {
  const across = Math.trunc(distortion * Math.floor(width / 2)) + 1;
  const down = Math.trunc(distortion * Math.floor(height / 2)) + 1;
  const corner = (isRight: boolean, isLower: boolean): readonly [number, number] => [
    (isRight ? width - across : 0) + random.integer(across),
    (isLower ? height - down : 0) + random.integer(down),
  ];
  return [corner(false, false), corner(true, false), corner(true, true), corner(false, true)];
}
