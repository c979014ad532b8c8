import type { Model } from "../src/onnx/model.ts";
import { replaceHead } from "../src/onnx/replace_head.ts";
import { withHeadFacts } from "../src/onnx/task.ts";
import type { Preprocessing } from "../src/tensor/dataset.ts";
import {
  type ClipImageOptions,
  type ClipTextOptions,
  imageSizes,
  textSizes,
} from "./clip/options.ts";
import { imageTower, textTower } from "./clip/towers.ts";
import { type Network, network, output, toModel } from "./network.ts";

export type { ClipImageOptions, ClipTextOptions };
export { zeroShot, type ZeroShotOptions } from "./clip/zero_shot.ts";

/**
 * The image tower of CLIP ViT-B/32 (Radford et al., "Learning Transferable Visual Models From Natural
 * Language Supervision", 2021) with random weights; names and shapes of the weights are those of
 * `CLIPModel` of transformers. Input `x` `[batch, 3, sizePx, sizePx]`, output `image_embeds`
 * `[batch, embedding]`; 88 million weights. `twoTowers` joins it with `clipText`, to be trained on pictures
 * with captions by `infoNce`. Throws `TypeError` and `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clipImage } from "./clip.ts";
 *
 * const tower = clipImage({ sizePx: 32, patchPx: 8, layers: 1, hidden: 16, heads: 2, embedding: 8 });
 * assertEquals(tower.outputs[0]!.shape, ["batch", 8]);
 * ```
 */
export function clipImage(options: ClipImageOptions = {}): Model {
  const sizes = imageSizes(options);
  const net = network(sizes.seed);
  output(net, imageTower(net, sizes));
  return finished(net, "clip_vit_b_32", clipPreprocessing(sizes.sizePx));
}

/**
 * The text tower of CLIP ViT-B/32 with random weights; see `clipImage`. Inputs `input_ids` and
 * `attention_mask` int64 `[batch, sequence]`, every text with its end token, output `text_embeds`
 * `[batch, embedding]`; 63 million weights. Throws `TypeError` and `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clipText } from "./clip.ts";
 *
 * const tower = clipText({ vocabulary: 50, layers: 1, hidden: 16, heads: 2, embedding: 8 });
 * assertEquals(tower.outputs[0]!.shape, ["batch", 8]);
 * ```
 */
export function clipText(options: ClipTextOptions = {}): Model {
  const sizes = textSizes(options);
  const net = network(sizes.seed);
  output(net, textTower(net, sizes));
  return finished(net, "clip_vit_b_32_text");
}

/** What a tower of CLIP with a head is told. */
interface WithClasses {
  readonly classes?: number | readonly string[];
  readonly seed?: number;
}

/** The image tower, under a linear probe of its embeddings where there are `classes`. */
export function clipVitB32(options: WithClasses = {}): Model {
  return probed(clipImage, options);
}

/** The text tower, under a linear probe of its embeddings where there are `classes`. */
export function clipVitB32Text(options: WithClasses = {}): Model {
  return probed(clipText, options);
}

function probed(
  tower: (options: { readonly seed: number }) => Model,
  { classes, seed = 0 }: WithClasses,
): Model {
  const model = tower({ seed });
  if (classes === undefined) return model;
  return replaceHead(model, { classes, at: model.outputs[0]!.name, seed });
}

/** How CLIP wants its pictures. */
function clipPreprocessing(sizePx: number): Preprocessing {
  return {
    heightPx: sizePx,
    widthPx: sizePx,
    resizePx: sizePx,
    interpolation: "bicubic",
    range: 1,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    channels: "rgb",
    layout: "nchw",
  };
}

function finished(net: Network, name: string, preprocessing?: Preprocessing): Model {
  const metadata = withHeadFacts(new Map(), { task: "embedding", cosineScale: undefined });
  return toModel(net, { name, preprocessing, metadata });
}
