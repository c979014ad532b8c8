import { z } from "zod";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { gelu } from "./activations.ts";
import { attend, hiding, unmasked } from "./attention.ts";
import { constant, normal } from "./initializers.ts";
import { add, dropout, linear, relu } from "./layers.ts";
import type { Network } from "./network.ts";
import { at } from "./rearrange.ts";
import {
  checkedSizes,
  textNetwork,
  type TextNetworkOptions,
  textOptions,
  type TextSizes,
} from "./text_network.ts";
import { dense, DEVIATION, embedding, layerNorm, positions, withZeroRow } from "./tokens.ts";

/** Options of `distilbert`. */
export interface DistilbertOptions extends TextNetworkOptions {
  /** The longest text, in tokens (`max_position_embeddings`). @default {512} */
  readonly maxPositions?: number;
  /** Dropout before the classifier (`seq_classif_dropout`). @default {0.2} */
  readonly classifierDropout?: number;
}

const schema: z.ZodType<DistilbertOptions> = z.strictObject({
  ...textOptions,
  maxPositions: z.number().int().min(1).optional(),
  classifierDropout: z.number().min(0).lt(1).optional(),
}) as z.ZodType<DistilbertOptions>;

const SIZES = {
  vocabulary: 30_522,
  layers: 6,
  hidden: 768,
  heads: 12,
  maxPositions: 512,
  dropout: 0.1,
  classifierDropout: 0.2,
};
const EPSILON = 1e-12;

/**
 * DistilBERT (Sanh et al., "DistilBERT, a distilled version of BERT", 2019) for texts of several
 * classes, with random weights; names and shapes of the weights are those of
 * `DistilBertForSequenceClassification` of transformers. Inputs `input_ids` and `attention_mask`
 * int64 `[batch, sequence]`, output `classifier` `[batch, classes]`; 67 million weights. Throws
 * `TypeError` and `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { distilbert } from "./distilbert.ts";
 *
 * const model = distilbert({ vocabulary: 100, layers: 1, hidden: 8, heads: 2, classes: 3 });
 * assertEquals(model.inputs.map((input) => input.name), ["input_ids", "attention_mask"]);
 * assertEquals(model.outputs[0]!.shape, ["batch", 3]);
 * ```
 */
export function distilbert(options: DistilbertOptions = {}): Model {
  const sizes = checkedSizes("distilbert", SIZES, { schema, options });
  const { layers, hidden, maxPositions = 512, classifierDropout: ratio = 0.2 } = sizes;
  const inputs = ["input_ids", "attention_mask"] as const;
  return textNetwork("distilbert", { ...sizes, inputs }, (net, tokens, classes) => {
    let x = embeddings(net, tokens.input_ids, { ...sizes, maxPositions });
    const allowed = unmasked(net, tokens.attention_mask, { name: "distilbert.unmasked" });
    const bias = hiding(net, allowed, { name: "distilbert.mask" });
    for (let index = 0; index < layers; index++) {
      x = block(net, [x, bias], { name: `distilbert.transformer.layer.${index}`, sizes });
    }
    x = at(net, x, { name: "pooled", axis: 1, index: 0 });
    const start = { weights: normal(DEVIATION), biases: constant(0) };
    x = linear(net, x, { name: "pre_classifier", features: hidden, ...start });
    x = dropout(net, relu(net, x, { name: "relu" }), { name: "dropout", ratio });
    return linear(net, x, { name: "classifier", features: classes, ...start });
  });
}

function embeddings(
  net: Network,
  ids: Value,
  sizes: TextSizes & { readonly maxPositions: number },
): Value {
  const part = (name: string, rows: number) => ({
    name: `distilbert.embeddings.${name}`,
    rows,
    width: sizes.hidden,
  });
  const words = embedding(net, ids, {
    ...part("word_embeddings", sizes.vocabulary),
    weights: withZeroRow(0),
  });
  const places = positions(net, ids, part("position_embeddings", sizes.maxPositions));
  let x = add(net, [words, places], { name: "distilbert.embeddings.placed" });
  x = layerNorm(net, x, { name: "distilbert.embeddings.LayerNorm", epsilon: EPSILON });
  return dropout(net, x, { name: "distilbert.embeddings.dropout", ratio: sizes.dropout });
}

/** Attention and two dense layers, each with a way around it that is normalised afterwards. */
function block(
  net: Network,
  [x, bias]: readonly [Value, Value],
  { name, sizes }: { readonly name: string; readonly sizes: TextSizes },
): Value {
  const { hidden: features, heads, dropout: ratio } = sizes;
  const part = (one: string) => dense(net, x, { name: `${name}.attention.${one}`, features });
  const parts = { query: part("q_lin"), key: part("k_lin"), value: part("v_lin") };
  const seen = attend(net, parts, { name: `${name}.attention`, heads, bias, ratio });
  const turned = dense(net, seen, { name: `${name}.attention.out_lin`, features });
  const normed = (one: string, around: Value, y: Value) =>
    layerNorm(net, add(net, [y, around], { name: `${name}.${one}.sum` }), {
      name: `${name}.${one}`,
      epsilon: EPSILON,
    });
  x = normed("sa_layer_norm", x, turned);
  const wide = dense(net, x, { name: `${name}.ffn.lin1`, features: sizes.intermediate });
  const y = dense(net, gelu(net, wide, { name: `${name}.ffn.activation` }), {
    name: `${name}.ffn.lin2`,
    features,
  });
  return normed("output_layer_norm", x, dropout(net, y, { name: `${name}.ffn.dropout`, ratio }));
}
