import type { Augmentation } from "../../tensor/dataset.ts";
import type { GraphForm } from "../../tensor/graph_form.ts";

/** The forms that transforms have in a graph. Throws `RangeError` for one that has none. */
export function graphForms(transforms: readonly Augmentation[]): GraphForm<unknown>[] {
  return transforms.map(({ name, inGraph }) => {
    if (inGraph) return inGraph;
    throw new RangeError(
      `The transform "${name}" cannot be part of a graph: leave it out, or augmentOn: "device". ` +
        "randomResizedCrop, randomCrop, flips, rotate, shear, perspective, grayscale, and colorJitter " +
        "without hue can",
    );
  });
}
