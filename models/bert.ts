import { z } from "zod";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { gelu } from "./activations.ts";
import { attend, hiding, unmasked } from "./attention.ts";
import { constant, normal } from "./initializers.ts";
import { add, dropout, linear, tanh } from "./layers.ts";
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

/** Options of the BERTs. */
export interface BertOptions extends TextNetworkOptions {
  /** The longest text, in tokens (`max_position_embeddings`). @default {512} */
  readonly maxPositions?: number;
  /** Kinds of tokens, such as those of a first and of a second sentence (`type_vocab_size`). @default {2} */
  readonly tokenTypes?: number;
}

const schema: z.ZodType<BertOptions> = z.strictObject({
  ...textOptions,
  maxPositions: z.number().int().min(1).optional(),
  tokenTypes: z.number().int().min(1).optional(),
}) as z.ZodType<BertOptions>;

interface Sizes extends TextSizes {
  readonly maxPositions: number;
  readonly tokenTypes: number;
}

/** What all of them have in common: the vocabulary of `bert-base-uncased`. */
const COMMON = { vocabulary: 30_522, maxPositions: 512, tokenTypes: 2, dropout: 0.1 };
const EPSILON = 1e-12;

/**
 * BERT base (Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
 * Understanding", 2018) for texts of several classes, with random weights; names and shapes of the
 * weights are those of `BertForSequenceClassification` of transformers. Inputs `input_ids`,
 * `attention_mask` and `token_type_ids` int64 `[batch, sequence]`, output `classifier`
 * `[batch, classes]`; 110 million weights. Throws `TypeError` and `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bert } from "./bert.ts";
 *
 * const model = bert({ vocabulary: 100, layers: 1, hidden: 8, heads: 2, classes: ["good", "bad"] });
 * assertEquals(model.inputs[0]!.shape, ["batch", "sequence"]);
 * assertEquals(model.outputs[0]!.shape, ["batch", 2]);
 * ```
 */
export function bert(options: BertOptions = {}): Model {
  return built("bert", { layers: 12, hidden: 768, heads: 12 }, options);
}

/** BERT of 2 layers of 128 (Turc et al., "Well-Read Students Learn Better", 2019), 4.4 million weights; see `bert`. */
export function bertTiny(options: BertOptions = {}): Model {
  return built("bert_tiny", { layers: 2, hidden: 128, heads: 2 }, options);
}

/** BERT of 4 layers of 256, 11 million weights; see `bertTiny`. */
export function bertMini(options: BertOptions = {}): Model {
  return built("bert_mini", { layers: 4, hidden: 256, heads: 4 }, options);
}

/** BERT of 4 layers of 512, 29 million weights; see `bertTiny`. */
export function bertSmall(options: BertOptions = {}): Model {
  return built("bert_small", { layers: 4, hidden: 512, heads: 8 }, options);
}

function built(
  name: string,
  own: { readonly layers: number; readonly hidden: number; readonly heads: number },
  options: BertOptions,
): Model {
  const sizes: Sizes & BertOptions = checkedSizes(name, { ...COMMON, ...own }, { schema, options });
  const inputs = ["input_ids", "attention_mask", "token_type_ids"] as const;
  return textNetwork(name, { ...sizes, inputs }, (net, tokens, classes) => {
    const embedded = embeddings(net, [tokens.input_ids, tokens.token_type_ids], sizes);
    const allowed = unmasked(net, tokens.attention_mask, { name: "bert.unmasked" });
    const bias = hiding(net, allowed, { name: "bert.mask" });
    let x = embedded;
    for (let index = 0; index < sizes.layers; index++) {
      x = block(net, [x, bias], { name: `bert.encoder.layer.${index}`, sizes });
    }
    const first = at(net, x, { name: "bert.pooler.first", axis: 1, index: 0 });
    const start = { weights: normal(DEVIATION), biases: constant(0) };
    const pooled = linear(net, first, {
      name: "bert.pooler.dense",
      features: sizes.hidden,
      ...start,
    });
    x = tanh(net, pooled, { name: "bert.pooler" });
    x = dropout(net, x, { name: "dropout", ratio: sizes.dropout });
    return linear(net, x, { name: "classifier", features: classes, ...start });
  });
}

function embeddings(net: Network, [ids, types]: readonly [Value, Value], sizes: Sizes): Value {
  const part = (name: string, rows: number) => ({
    name: `bert.embeddings.${name}`,
    rows,
    width: sizes.hidden,
  });
  const words = embedding(net, ids, {
    ...part("word_embeddings", sizes.vocabulary),
    weights: withZeroRow(0),
  });
  const kinds = embedding(net, types, part("token_type_embeddings", sizes.tokenTypes));
  const places = positions(net, ids, part("position_embeddings", sizes.maxPositions));
  let x = add(net, [words, kinds], { name: "bert.embeddings.typed" });
  x = add(net, [x, places], { name: "bert.embeddings.placed" });
  x = layerNorm(net, x, { name: "bert.embeddings.LayerNorm", epsilon: EPSILON });
  return dropout(net, x, { name: "bert.embeddings.dropout", ratio: sizes.dropout });
}

/** Attention and two dense layers, each with a way around it that is normalised afterwards. */
function block(
  net: Network,
  [x, bias]: readonly [Value, Value],
  { name, sizes }: { readonly name: string; readonly sizes: Sizes },
): Value {
  const { hidden: features, heads, dropout: ratio } = sizes;
  const self = `${name}.attention.self`;
  const part = (one: string) => dense(net, x, { name: `${self}.${one}`, features });
  const parts = { query: part("query"), key: part("key"), value: part("value") };
  const seen = attend(net, parts, { name: self, heads, bias, ratio });
  const attended = joined(net, [seen, x], { name: `${name}.attention.output`, sizes });
  const wide = dense(net, attended, {
    name: `${name}.intermediate.dense`,
    features: sizes.intermediate,
  });
  const bent = gelu(net, wide, { name: `${name}.intermediate` });
  return joined(net, [bent, attended], { name: `${name}.output`, sizes });
}

/** A dense layer and dropout, added to what went around, and normalised. */
function joined(
  net: Network,
  [x, around]: readonly [Value, Value],
  { name, sizes }: { readonly name: string; readonly sizes: Sizes },
): Value {
  const y = dense(net, x, { name: `${name}.dense`, features: sizes.hidden });
  const dropped = dropout(net, y, { name: `${name}.dropout`, ratio: sizes.dropout });
  const sum = add(net, [dropped, around], { name: `${name}.sum` });
  return layerNorm(net, sum, { name: `${name}.LayerNorm`, epsilon: EPSILON });
}
