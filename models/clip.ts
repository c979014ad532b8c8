import { int } from "../src/onnx/attribute.ts";
import type { Value } from "../src/onnx/graph.ts";
import { cosineHead } from "../src/onnx/heads/layers.ts";
import type { Model } from "../src/onnx/model.ts";
import { withWeights } from "../src/onnx/model_from_graph.ts";
import { replaceHead } from "../src/onnx/replace_head.ts";
import { withHeadFacts } from "../src/onnx/task.ts";
import { show } from "../src/tensor/options.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import type { Preprocessing } from "../src/tensor/dataset.ts";
import { causal, hiding, unmasked } from "./attention.ts";
import { blocks } from "./clip/blocks.ts";
import {
  type ClipImageOptions,
  type ClipTextOptions,
  imageSizes,
  textSizes,
} from "./clip/options.ts";
import { normal } from "./initializers.ts";
import { add, linear } from "./layers.ts";
import { input, layer, type Network, network, output, scalar, toModel, weight } from "./network.ts";
import { at, rowsAt } from "./rearrange.ts";
import { embedding, layerNorm, patches, positions, withFirst } from "./tokens.ts";

export type { ClipImageOptions, ClipTextOptions };

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
  const { hidden, patchPx, sizePx } = sizes;
  const net = network(sizes.seed);
  const picture = input(net, "x", ["batch", 3, sizePx, sizePx]);
  const own = "vision_model.embeddings";
  const seen = patches(net, picture, {
    name: `${own}.patch_embedding`,
    channels: hidden,
    patchPx,
    bias: false,
    weights: normal(0.02),
  });
  const first = weight(net, `${own}.class_embedding`, {
    dims: [hidden],
    start: normal(Math.sqrt(1 / hidden)),
  });
  let x = withFirst(net, [first, seen], { name: `${own}.class` });
  const dims = [(sizePx / patchPx) ** 2 + 1, hidden];
  const places = weight(net, `${own}.position_embedding.weight`, { dims, start: normal(0.02) });
  x = add(net, [x, places], { name: own });
  x = layerNorm(net, x, { name: "vision_model.pre_layrnorm" });
  x = blocks(net, x, { name: "vision_model.encoder.layers", sizes });
  x = at(net, x, { name: "vision_model.first", axis: 1, index: 0 });
  x = layerNorm(net, x, { name: "vision_model.post_layernorm" });
  return projected(net, x, {
    name: "visual_projection",
    outputName: "image_embeds",
    features: sizes.embedding,
    model: "clip_vit_b_32",
    preprocessing: clipPreprocessing(sizePx),
  });
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
  const { hidden: width, vocabulary, maxPositions } = sizes;
  const net = network(sizes.seed);
  const [ids, mask] = ["input_ids", "attention_mask"].map((name) =>
    input(net, name, ["batch", "sequence"], "int64")
  ) as [Value, Value];
  const own = "text_model.embeddings";
  const words = embedding(net, ids, { name: `${own}.token_embedding`, rows: vocabulary, width });
  const places = positions(net, ids, {
    name: `${own}.position_embedding`,
    rows: maxPositions,
    width,
  });
  let x = add(net, [words, places], { name: own });
  const allowed = layer(net, "And", {
    name: "text_model.allowed",
    inputs: [
      unmasked(net, mask, { name: "text_model.unmasked" }),
      causal(net, ids, { name: "text_model.causal" }),
    ],
    shape: ["batch", 1, "sequence", "sequence"],
    type: "bool",
  });
  const bias = hiding(net, allowed, { name: "text_model.mask" });
  x = blocks(net, x, { name: "text_model.encoder.layers", sizes, bias });
  x = layerNorm(net, x, { name: "text_model.final_layer_norm" });
  x = rowsAt(net, x, firstOf(net, ids, sizes.end), { name: "text_model.last" });
  return projected(net, x, {
    name: "text_projection",
    outputName: "text_embeds",
    features: sizes.embedding,
    model: "clip_vit_b_32_text",
  });
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
 * import { clipImage, zeroShot } from "./clip.ts";
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

interface Projection {
  readonly name: string;
  readonly outputName: string;
  readonly features: number;
  readonly model: string;
  readonly preprocessing?: Preprocessing;
}

/** The model that ends in a projection without bias. */
function projected(net: Network, x: Value, options: Projection): Model {
  const { name, outputName, features, model, preprocessing } = options;
  const start = normal(Math.sqrt(1 / Number(x.shape![1])));
  const made = linear(net, x, { name, features, bias: false, weights: start });
  output(net, net.graph.renameOutput(made.producer!, 0, outputName));
  return toModel(net, {
    name: model,
    preprocessing,
    metadata: withHeadFacts(new Map(), { task: "embedding", cosineScale: undefined }),
  });
}

/** Where `token` stands first in each row of `ids`: int64 `[N]`. */
function firstOf(net: Network, ids: Value, token: number): Value {
  const shape = ids.shape!;
  const name = "text_model.end";
  const inputs = [ids, scalar(net, `${name}.token`, token, "int64")];
  const found = layer(net, "Equal", { name: `${name}.found`, inputs, shape, type: "bool" });
  const marks = layer(net, "Cast", {
    name: `${name}.marks`,
    inputs: [found],
    shape,
    attributes: { to: int(1) },
  });
  return layer(net, "ArgMax", {
    name,
    inputs: [marks],
    shape: [shape[0]!],
    type: "int64",
    attributes: { axis: int(1), keepdims: int(0) },
  });
}
