import { z } from "zod";
import type { Augment, PrepareOptions } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { rng } from "../tensor/rng.ts";
import { decodeForEvaluation, decodePart } from "./decode.ts";
import type { Decode } from "./picture.ts";
import { preprocessingSchema } from "./preprocessing.ts";
import { transformsOf } from "./transforms/recipes.ts";

const schema = z.strictObject({
  preprocessing: preprocessingSchema,
  augment: z.custom<Augment>().default("none"),
  seed: z.number().default(0),
});

/**
 * Decodes pictures to the size of a network's input, with the random changes of `augment`. They are
 * drawn from the seed, the epoch and the index alone, so that any epoch can be drawn again.
 */
export function preparedDecoder(options: PrepareOptions): Decode {
  const { preprocessing, augment, seed } = checkOptions("prepare", schema, options);
  const transforms = transformsOf(augment);
  const { widthPx, heightPx } = preprocessing;
  return async (picture, index, epoch) => {
    const random = rng(seed, "augment", epoch, index);
    const drawn = transforms.map((transform) => {
      const seen = transform.crop === undefined ? preprocessing : picture;
      return { transform, params: transform.sample(random, seen.widthPx, seen.heightPx) };
    });
    const first = drawn[0];
    const part = first?.transform.crop?.(first.params);
    const image = part === undefined
      ? await decodeForEvaluation(picture, preprocessing)
      : await decodePart(picture, part, preprocessing);
    return drawn.reduce((image, { transform, params }) => {
      const changed = transform.apply(image, params);
      if (changed.widthPx !== widthPx || changed.heightPx !== heightPx) {
        throw new TypeError(
          `The transform "${transform.name}" must keep the size ${widthPx}×${heightPx}, gave ` +
            `${changed.widthPx}×${changed.heightPx}`,
        );
      }
      return changed;
    }, image);
  };
}
