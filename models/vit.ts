import { z } from "zod";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { checkOptions } from "../src/tensor/options.ts";
import { gelu } from "./activations.ts";
import { attend } from "./attention.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { constant, kaimingUniform, normal, xavierUniform } from "./initializers.ts";
import { add, dropout, linear } from "./layers.ts";
import { layer, type LayerOptions, type Network, weight } from "./network.ts";
import { at, splitLast, transpose } from "./rearrange.ts";
import { dense, layerNorm, patches, withFirst } from "./tokens.ts";

/** Options of the vision transformers. */
export interface VitOptions extends ImageNetworkOptions {
  /** Height and width of the input, in pixels; a multiple of `patchPx`. @default {224} */
  readonly sizePx?: number;
  /** Height and width of the squares that become tokens, in pixels. @default {the network's own} */
  readonly patchPx?: number;
  /** Blocks of attention and two dense layers (`num_layers`). @default {12} */
  readonly layers?: number;
  /** Numbers that stand for a token (`hidden_dim`), a multiple of `heads`. @default {the network's own} */
  readonly hidden?: number;
  /** Heads of every attention (`num_heads`). @default {the network's own} */
  readonly heads?: number;
  /** Numbers between the two dense layers of a block (`mlp_dim`). @default {4 · hidden} */
  readonly intermediate?: number;
  /** Share of numbers left out while training, everywhere. @default {0} */
  readonly dropout?: number;
}

const count = z.number().int().min(1);
const schema: z.ZodType<VitOptions> = z.strictObject({
  classes: z.union([z.array(z.string()).min(1), count])
    .describe("a list of labels, or a number of classes").optional(),
  seed: z.number().int().optional(),
  sizePx: count.optional(),
  patchPx: count.optional(),
  layers: count.optional(),
  hidden: count.optional(),
  heads: count.optional(),
  intermediate: count.optional(),
  dropout: z.number().min(0).lt(1).optional(),
}) as z.ZodType<VitOptions>;

type Sizes = Required<Omit<VitOptions, "classes" | "seed">>;

const EPSILON = 1e-6;

/**
 * ViT-B/16 (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020) with random weights; names and
 * shapes of the weights are torchvision's. Input `x` `[batch, 3, sizePx, sizePx]`, output `heads.head`
 * `[batch, classes]`; 87 million weights. Throws `TypeError` and `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { vitB16 } from "./vit.ts";
 *
 * const model = vitB16({ sizePx: 32, patchPx: 8, layers: 1, hidden: 16, heads: 2, classes: 3 });
 * assertEquals(model.outputs[0]!.shape, ["batch", 3]);
 * ```
 */
export function vitB16(options: VitOptions = {}): Model {
  return vit("vit_b_16", { patchPx: 16, hidden: 768, heads: 12 }, options);
}

/** ViT-B/32: larger squares, a quarter of the tokens; 88 million weights; see `vitB16`. */
export function vitB32(options: VitOptions = {}): Model {
  return vit("vit_b_32", { patchPx: 32, hidden: 768, heads: 12 }, options);
}

/** ViT-Tiny/16: 192 numbers a token (Touvron et al., "DeiT", 2020), 5.7 million weights; see `vitB16`. */
export function vitTiny(options: VitOptions = {}): Model {
  return vit("vit_tiny", { patchPx: 16, hidden: 192, heads: 3 }, options);
}

function vit(
  name: string,
  own: { readonly patchPx: number; readonly hidden: number; readonly heads: number },
  options: VitOptions,
): Model {
  const checked = checkOptions(name, schema, options);
  const { patchPx = own.patchPx, hidden = own.hidden, heads = own.heads, sizePx = 224 } = checked;
  const { layers = 12, intermediate = 4 * hidden, dropout: ratio = 0 } = checked;
  const multiples = [["hidden", hidden, heads], ["sizePx", sizePx, patchPx]] as const;
  for (const [option, whole, part] of multiples) {
    if (whole % part === 0) continue;
    throw new RangeError(
      `${name}(): option "${option}" must be a multiple of ${part}, found ${whole}`,
    );
  }
  const sizes = { patchPx, hidden, heads, sizePx, layers, intermediate, dropout: ratio };
  return imageNetwork(name, checked, (net, x, classes) => {
    const encoded = encoder(net, tokens(net, x, sizes), sizes);
    const first = at(net, encoded, { name: "first", axis: 1, index: 0 });
    const start = { weights: constant(0), biases: constant(0) };
    return linear(net, first, { name: "heads.head", features: classes, ...start });
  });
}

/** The class token and one token for each square of the picture. */
function tokens(net: Network, x: Value, { hidden, patchPx }: Sizes): Value {
  const seen = patches(net, x, {
    name: "conv_proj",
    channels: hidden,
    patchPx,
    // torchvision truncates at ±2, which is far outside.
    weights: normal(Math.sqrt(1 / (3 * patchPx ** 2))),
    biases: constant(0),
  });
  const first = weight(net, "class_token", { dims: [1, 1, hidden], start: constant(0) });
  return withFirst(net, [first, seen], { name: "tokens" });
}

function encoder(net: Network, x: Value, sizes: Sizes): Value {
  const { hidden, patchPx, sizePx, layers, dropout: ratio } = sizes;
  const dims = [1, (sizePx / patchPx) ** 2 + 1, hidden];
  const places = weight(net, "encoder.pos_embedding", { dims, start: normal(0.02) });
  x = add(net, [x, places], { name: "encoder.placed" });
  x = dropped(net, x, { name: "encoder.dropout", ratio });
  for (let index = 0; index < layers; index++) {
    x = block(net, x, { name: `encoder.layers.encoder_layer_${index}`, sizes });
  }
  return layerNorm(net, x, { name: "encoder.ln", epsilon: EPSILON });
}

/** Normalises, attends, adds; normalises, transforms, adds. */
function block(
  net: Network,
  x: Value,
  { name, sizes }: LayerOptions & { readonly sizes: Sizes },
): Value {
  const { hidden, heads, intermediate, dropout: ratio } = sizes;
  const normed = layerNorm(net, x, { name: `${name}.ln_1`, epsilon: EPSILON });
  const seen = selfAttention(net, normed, { name: `${name}.self_attention`, heads, ratio });
  const attended = dropped(net, seen, { name: `${name}.dropout`, ratio });
  x = add(net, [attended, x], { name: `${name}.attended` });
  const part = (value: Value, own: string, features: number) => {
    const start = { weights: xavierUniform, biases: normal(1e-6) };
    return dense(net, value, { name: `${name}.mlp.${own}`, features, ...start });
  };
  const again = layerNorm(net, x, { name: `${name}.ln_2`, epsilon: EPSILON });
  let y = gelu(net, part(again, "0", intermediate), { name: `${name}.mlp.1` });
  y = dropped(net, y, { name: `${name}.mlp.2`, ratio });
  y = dropped(net, part(y, "3", hidden), { name: `${name}.mlp.4`, ratio });
  return add(net, [x, y], { name });
}

/** PyTorch's `nn.MultiheadAttention`: one matrix for queries, keys and values, `in_proj_weight`. */
function selfAttention(
  net: Network,
  x: Value,
  { name, heads, ratio }: LayerOptions & { readonly heads: number; readonly ratio: number },
): Value {
  const features = Number(x.shape![2]);
  const shape = [...x.shape!.slice(0, -1), 3 * features];
  const dims = [3 * features, features];
  const stored = weight(net, `${name}.in_proj_weight`, { dims, start: xavierUniform });
  const matrix = transpose(net, stored, { name: `${name}.in_proj.transposed`, order: [1, 0] });
  const product = layer(net, "MatMul", {
    name: `${name}.in_proj.product`,
    inputs: [x, matrix],
    shape,
  });
  const bias = weight(net, `${name}.in_proj_bias`, {
    dims: [3 * features],
    start: constant(0),
  });
  const all = add(net, [product, bias], { name: `${name}.in_proj` });
  const parts = ["query", "key", "value"];
  const [query, key, value] = splitLast(net, all, { name: `${name}.split`, parts }) as [
    Value,
    Value,
    Value,
  ];
  const seen = attend(net, { query, key, value }, { name, heads, ratio });
  // Left as nn.Linear starts, but for a bias of 0.
  return dense(net, seen, { name: `${name}.out_proj`, features, weights: kaimingUniform });
}

function dropped(
  net: Network,
  x: Value,
  { name, ratio }: LayerOptions & { readonly ratio: number },
): Value {
  return ratio > 0 ? dropout(net, x, { name, ratio }) : x;
}
