import { cosineHead } from "../../src/onnx/heads/layers.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { show } from "../../src/tensor/options.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** Options of `zeroShot`. */
export interface ZeroShotOptions {
  /** What the texts stand for, in their order. */
  readonly classes: readonly string[];
  /** What the cosines are multiplied by: the inverse temperature that CLIP learned. @default {100} */
  readonly scale?: number;
}

/**
 * A classifier from the image tower of CLIP and the embeddings of one text a class, `[classes, D]` as the
 * text tower gives them ("a photo of a cat"; the mean of several texts of a class does as well): its
 * outputs `logits` are `scale` times the cosines of picture and text, as `logits_per_image` of
 * transformers. The embeddings are the weights `head.weight`, so that it can be evaluated as it is, and
 * fine-tuned from there like any network: freeze the backbone for a linear probe. Throws `TypeError`
 * where the embeddings do not fit the classes or the tower.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clipImage, zeroShot } from "../clip.ts";
 *
 * const tower = clipImage({ sizePx: 32, patchPx: 8, layers: 1, hidden: 16, heads: 2, embedding: 4 });
 * const texts = { type: "float32", dims: [2, 4], data: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0) } as const;
 * const model = zeroShot(tower, texts, { classes: ["cat", "dog"] });
 * assertEquals(model.classes, ["cat", "dog"]);
 * assertEquals(model.parameters.get("head.weight")!.shape, [2, 4]);
 * ```
 */
export function zeroShot(
  tower: Model,
  texts: Tensor,
  { classes, scale = 100 }: ZeroShotOptions,
): Model {
  const width = tower.outputs[0]?.shape[1];
  const isRight = texts.type === "float32" && texts.dims.length === 2 &&
    texts.dims[0] === classes.length && texts.dims[1] === width;
  if (!isRight) {
    throw new TypeError(
      `zeroShot(): the texts must be float32[${classes.length},${width}], one row for each of the ` +
        `classes ${show(classes)} as wide as the embeddings of "${tower.name}", found ` +
        `${texts.type}[${texts.dims}]`,
    );
  }
  const at = tower.outputs[0]!.name;
  const model = replaceHead(tower, { classes, at, head: cosineHead({ scale }) });
  return withWeights(model, new Map([["head.weight", texts]]));
}
