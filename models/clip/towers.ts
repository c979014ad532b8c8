import { int } from "../../src/onnx/attribute.ts";
import type { Value } from "../../src/onnx/graph.ts";
import { causal, hiding, unmasked } from "../attention.ts";
import { normal } from "../initializers.ts";
import { add, linear } from "../layers.ts";
import { input, layer, type Network, scalar, weight } from "../network.ts";
import { at, rowsAt } from "../rearrange.ts";
import { embedding, layerNorm, patches, positions, withFirst } from "../tokens.ts";
import { blocks } from "./blocks.ts";
import type { ClipImageOptions, ClipTextOptions } from "./options.ts";

/** Adds the image tower and its input `x`; gives `image_embeds` `[batch, embedding]`. */
export function imageTower(net: Network, sizes: Required<ClipImageOptions>): Value {
  const { hidden, patchPx, sizePx } = sizes;
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
  return projected(net, x, ["visual_projection", "image_embeds", sizes.embedding]);
}

/** Adds the text tower and its inputs; gives `text_embeds` `[batch, embedding]`. */
export function textTower(net: Network, sizes: Required<ClipTextOptions>): Value {
  const { hidden: width, vocabulary, maxPositions } = sizes;
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
  return projected(net, x, ["text_projection", "text_embeds", sizes.embedding]);
}

/** A projection without bias; its weight and its output have names of their own. */
function projected(
  net: Network,
  x: Value,
  [name, outputName, features]: readonly [string, string, number],
): Value {
  const start = normal(Math.sqrt(1 / Number(x.shape![1])));
  const made = linear(net, x, { name, features, bias: false, weights: start });
  return net.graph.renameOutput(made.producer!, 0, outputName);
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
