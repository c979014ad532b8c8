import type { Augment, Augmentation } from "../../tensor/dataset.ts";
import { nearest } from "../../tensor/nearest.ts";
import { show } from "../../tensor/options.ts";
import { listed } from "../../tensor/schema_words.ts";
import { colorJitter } from "./color_jitter.ts";
import { horizontalFlip } from "./horizontal_flip.ts";
import { randAugment } from "./rand_augment.ts";
import { randomResizedCrop } from "./random_resized_crop.ts";
import { trivialAugment } from "./trivial_augment.ts";

/** The recipes that `augment` knows by name. */
const RECIPES: Readonly<Record<Exclude<Augment, readonly Augmentation[]>, () => Augmentation[]>> = {
  none: () => [],
  imagenet: () => [randomResizedCrop(), horizontalFlip()],
  gentle: () => [
    randomResizedCrop({ scale: [0.5, 1] }),
    horizontalFlip(),
    colorJitter({ brightness: 0.2, contrast: 0.2 }),
  ],
  randaugment: () => [randomResizedCrop(), horizontalFlip(), randAugment()],
  trivialaugment: () => [randomResizedCrop(), horizontalFlip(), trivialAugment()],
};

const NAMES = Object.keys(RECIPES).map((name) => `"${name}"`);

/**
 * The transforms that `augment` stands for, in order. Throws `RangeError` for an unknown recipe and
 * for a cropping transform that is not the first, `TypeError` for what is neither.
 */
export function transformsOf(augment: Augment): readonly Augmentation[] {
  if (typeof augment === "string") {
    if (Object.hasOwn(RECIPES, augment)) return RECIPES[augment]();
    const near = nearest(augment, Object.keys(RECIPES));
    throw new RangeError(
      `Unknown augmentation "${augment}"; ` +
        (near === undefined ? `there are ${listed(NAMES, "and")}` : `did you mean "${near}"?`),
    );
  }
  if (!Array.isArray(augment) || !augment.every(isAugmentation)) {
    throw new TypeError(
      `Augmentation must be ${NAMES.join(", ")} or an array of transforms, such as ` +
        `[horizontalFlip()], found ${show(augment)}`,
    );
  }
  const late = augment.slice(1).find((transform) => transform.crop !== undefined);
  if (late !== undefined) {
    throw new RangeError(
      `The transform "${late.name}" crops the original, so it must be the first of the list and ` +
        `the only one that does, found at place ${augment.lastIndexOf(late) + 1}`,
    );
  }
  return augment;
}

function isAugmentation(value: unknown): value is Augmentation {
  return typeof value === "object" && value !== null && "sample" in value && "apply" in value;
}
