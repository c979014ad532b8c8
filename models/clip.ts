import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { remodel } from "../src/onnx/model_from_graph.ts";
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

export { clipLoss, type ClipLossOptions } from "./clip/loss.ts";
export type { ClipImageOptions, ClipTextOptions };
export { zeroShot, type ZeroShotOptions } from "./clip/zero_shot.ts";

/**
 * The image tower of CLIP ViT-B/32 (Radford et al., "Learning Transferable Visual Models From Natural
 * Language Supervision", 2021) with random weights; names and shapes of the weights are those of
 * `CLIPModel` of transformers. Input `x` `[batch, 3, sizePx, sizePx]`, output `image_embeds`
 * `[batch, embedding]`; 88 million weights. Throws `TypeError` and `RangeError` for wrong options.
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

/** Options of `clip`. */
export interface ClipOptions {
  /** The image tower. */
  readonly image?: ClipImageOptions;
  /** The text tower. */
  readonly text?: ClipTextOptions;
}

/**
 * Both towers of CLIP in one model, to be trained together on pictures with captions by `clipLoss`:
 * inputs `x`, `input_ids` and `attention_mask`, outputs `image_embeds` and `text_embeds`. `clipTowers`
 * takes it apart again. Throws `RangeError` where the embeddings differ in size; see `clipImage`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clip } from "./clip.ts";
 *
 * const small = { layers: 1, hidden: 16, heads: 2, embedding: 8 };
 * const model = clip({ image: { ...small, sizePx: 32 }, text: { ...small, vocabulary: 50 } });
 * assertEquals(model.outputs.map(({ name }) => name), ["image_embeds", "text_embeds"]);
 * ```
 */
export function clip({ image = {}, text = {} }: ClipOptions = {}): Model {
  const [pictures, texts] = [imageSizes(image), textSizes(text)];
  if (pictures.embedding !== texts.embedding) {
    throw new RangeError(
      `clip(): option "text.embedding" must be that of the pictures, ${pictures.embedding}, ` +
        `found ${texts.embedding}`,
    );
  }
  const net = network(pictures.seed);
  for (const made of [imageTower(net, pictures), textTower(net, texts)]) output(net, made);
  return finished(net, "clip", clipPreprocessing(pictures.sizePx));
}

/**
 * The two towers of a model that `clip` made, with the weights that it has learned: `image` for
 * `zeroShot` and fine-tuning, `text` for the embeddings of captions.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clip, clipTowers } from "./clip.ts";
 *
 * const small = { layers: 1, hidden: 16, heads: 2, embedding: 8 };
 * const both = clip({ image: { ...small, sizePx: 32 }, text: { ...small, vocabulary: 50 } });
 * const { image, text } = clipTowers(both);
 * assertEquals(image.inputs.map(({ name }) => name), ["x"]);
 * assertEquals(text.inputs.map(({ name }) => name), ["input_ids", "attention_mask"]);
 * ```
 */
export function clipTowers(model: Model): { readonly image: Model; readonly text: Model } {
  const { preprocessing: _, ...text } = towerOf(model, "text_embeds", "clip_text");
  return {
    image: towerOf(model, "image_embeds", "clip_image"),
    text: { ...text, preprocessing: undefined },
  };
}

/** The part of a model that leads to one of its outputs. */
function towerOf(model: Model, outputName: string, name: string): Model {
  const graph = model.graph.clone();
  const wanted = graph.outputs.filter((value: Value) => value.name === outputName);
  if (wanted.length === 0) {
    throw new RangeError(`clipTowers(): the model "${model.name}" has no output "${outputName}"`);
  }
  graph.outputs.splice(0, Infinity, ...wanted);
  graph.prune();
  for (const value of [...graph.inputs]) if (value.consumers.size === 0) graph.removeSource(value);
  return remodel(model, graph, { name });
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
