import type { Image } from "../../tensor/dataset.ts";
import { adjustBrightness, adjustContrast, adjustSaturation } from "./color.ts";
import { sharpened } from "./filters.ts";
import { autocontrasted, equalized, inverted, posterized, solarized } from "./levels.ts";
import { rotation, shearing } from "./matrices.ts";
import { type Warp, warpAffine } from "./warp.ts";

/** What a policy can do to a picture. */
export type OperationName =
  | "identity"
  | "shearX"
  | "shearY"
  | "translateX"
  | "translateY"
  | "rotate"
  | "brightness"
  | "color"
  | "contrast"
  | "sharpness"
  | "posterize"
  | "solarize"
  | "autoContrast"
  | "equalize"
  | "invert";

/** A step of a policy that was drawn. */
export interface PolicyStep {
  /** What is done. */
  readonly operation: OperationName;
  /** How much: radians' tangent, pixels, degrees, a change of a factor, bits, or a share of white. */
  readonly amount: number;
}

type Operation = (image: Image, amount: number, warp: Warp) => Image;

/** The operations of AutoAugment (Cubuk et al. 2019, table 6), as torchvision does them. */
const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  identity: (image) => image,
  shearX: (image, slope, warp) => warpAffine(image, shearing(degreesOf(slope), 0, [0, 0]), warp),
  shearY: (image, slope, warp) => warpAffine(image, shearing(0, degreesOf(slope), [0, 0]), warp),
  translateX: (image, px, warp) => warpAffine(image, [1, 0, -Math.trunc(px), 0, 1, 0], warp),
  translateY: (image, px, warp) => warpAffine(image, [1, 0, 0, 0, 1, -Math.trunc(px)], warp),
  rotate: (image, degrees, warp) => warpAffine(image, rotation(image, degrees), warp),
  brightness: (image, change) => adjustBrightness(image, 1 + change),
  color: (image, change) => adjustSaturation(image, 1 + change),
  contrast: (image, change) => adjustContrast(image, 1 + change),
  sharpness: (image, change) => sharpened(image, 1 + change),
  posterize: (image, bits) => posterized(image, Math.trunc(bits)),
  solarize: (image, share) => solarized(image, 255 * share),
  autoContrast: autocontrasted,
  equalize: equalized,
  invert: inverted,
};

/** Does the steps, one after the other. */
export function applySteps(image: Image, steps: readonly PolicyStep[], warp: Warp): Image {
  return steps.reduce(
    (changed, { operation, amount }) => OPERATIONS[operation](changed, amount, warp),
    image,
  );
}

function degreesOf(slope: number): number {
  return Math.atan(slope) * 180 / Math.PI;
}
