import { z } from "zod";
import type { Augment, Augmentation, PrepareOptions, Preprocessing } from "../tensor/dataset.ts";
import { changeInput } from "../tensor/graph_form.ts";
import { checkOptions } from "../tensor/options.ts";
import { rng } from "../tensor/rng.ts";
import { tensor } from "../tensor/tensor.ts";
import { decodeForEvaluation, decodePart } from "./decode.ts";
import type { Size } from "./geometry.ts";
import type { Decode, Picture } from "./picture.ts";
import { preprocessingSchema } from "./preprocessing.ts";
import { graphForms } from "./transforms/graph_forms.ts";
import { transformsOf } from "./transforms/recipes.ts";

const schema = z.strictObject({
  preprocessing: preprocessingSchema,
  augment: z.custom<Augment>().default("none"),
  seed: z.number().default(0),
  inGraph: z.boolean().default(false),
});

/**
 * Decodes pictures to the size of a network's input, with the random changes of `augment`, or with what
 * was drawn for a graph to do to them. It is drawn from the seed, the epoch and the index alone, so that
 * any epoch can be drawn again.
 */
export function preparedDecoder(options: PrepareOptions): Decode {
  const { preprocessing, augment, seed, inGraph } = checkOptions("prepare", schema, options);
  const transforms = transformsOf(augment);
  const draw = (picture: Picture, index: number, epoch: number) => {
    const random = rng(seed, "augment", epoch, index);
    return transforms.map((transform): Drawn => {
      const size = transform.crop === undefined ? preprocessing : picture;
      return { transform, size, params: transform.sample(random, size.widthPx, size.heightPx) };
    });
  };
  if (inGraph && transforms.length > 0) return forGraph(preprocessing, transforms, draw);
  return async (picture, index, epoch) => ({
    image: await changed(picture, preprocessing, draw(picture, index, epoch)),
  });
}

/** A transform and what it drew, with the size that it saw. */
interface Drawn {
  readonly transform: Augmentation;
  readonly size: Size;
  readonly params: unknown;
}

async function changed(picture: Picture, preprocessing: Preprocessing, drawn: readonly Drawn[]) {
  const { widthPx, heightPx } = preprocessing;
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
}

/** Leaves the changes to the graph; what is cropped there comes whole, at the size of evaluation before its crop. */
function forGraph(
  preprocessing: Preprocessing,
  transforms: readonly Augmentation[],
  draw: (picture: Picture, index: number, epoch: number) => Drawn[],
): Decode {
  const forms = graphForms(transforms);
  const isCropped = transforms[0]!.crop !== undefined;
  const whole = { ...preprocessing, ...wholeSize(preprocessing) };
  return async (picture, index, epoch) => {
    const { widthPx, heightPx } = picture;
    const image = isCropped
      ? await decodePart(picture, { leftPx: 0, topPx: 0, widthPx, heightPx }, whole)
      : await decodeForEvaluation(picture, preprocessing);
    const inputs = draw(picture, index, epoch).map(({ params, size }, place) => {
      const { part, numbers } = forms[place]!;
      const told = numbers(params, size.widthPx, size.heightPx);
      return [changeInput(place, part), tensor("float32", [told.length], told)] as const;
    });
    return { image, inputs: Object.fromEntries(inputs) };
  };
}

/** The size of a whole picture that parts are shown of. */
function wholeSize({ widthPx, heightPx, resizePx }: Preprocessing): Size {
  const enlarge = Math.max(1, resizePx / Math.min(widthPx, heightPx));
  return { widthPx: Math.round(widthPx * enlarge), heightPx: Math.round(heightPx * enlarge) };
}
