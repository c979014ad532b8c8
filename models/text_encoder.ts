import { z } from "zod";
import { int } from "../src/onnx/attribute.ts";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { gelu } from "./activations.ts";
import { attend, hiding, unmasked } from "./attention.ts";
import { constant, normal } from "./initializers.ts";
import { add, dropout, linear, multiply } from "./layers.ts";
import { integers, layer, type LayerOptions, type Network } from "./network.ts";
import { transpose, unsqueeze } from "./rearrange.ts";
import {
  checkedSizes,
  textNetwork,
  type TextNetworkOptions,
  textOptions,
  type TextSizes,
} from "./text_network.ts";
import { dense, embedding, layerNorm, positions } from "./tokens.ts";

/** Options of `textEncoder`. */
export interface TextEncoderOptions extends TextNetworkOptions {
  /** The longest text, in tokens. @default {128} */
  readonly maxPositions?: number;
  /** Standard deviation of new embeddings. @default {0.1} */
  readonly deviation?: number;
  /** Whether there is a second output `words`, the scores of all tokens at each place. @default {false} */
  readonly words?: boolean;
}

const schema: z.ZodType<TextEncoderOptions> = z.strictObject({
  ...textOptions,
  maxPositions: z.number().int().min(1).optional(),
  deviation: z.number().positive().optional(),
  words: z.boolean().optional(),
}) as z.ZodType<TextEncoderOptions>;

interface Sizes extends TextSizes {
  readonly maxPositions: number;
  readonly deviation: number;
}

const OWN = {
  vocabulary: 30_522,
  layers: 1,
  hidden: 128,
  heads: 4,
  dropout: 0.3,
  maxPositions: 128,
  deviation: 0.1,
};
/** ONNX's number of the type float32. */
const FLOAT = 1;

/**
 * A small encoder of texts that is trained in minutes from random weights: embeddings of tokens and of
 * places, blocks of attention and two dense layers, each normalised before it, and the mean of the
 * tokens, `pooled` `[batch, hidden]`. Inputs `input_ids` and `attention_mask` int64 `[batch, sequence]`,
 * output `classifier` `[batch, classes]`; with `words` also `words` `[batch, vocabulary, sequence]`, made
 * with the embeddings once more, for pretraining by masked words. Throws `TypeError` and `RangeError`
 * for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { textEncoder } from "./text_encoder.ts";
 *
 * const model = textEncoder({ vocabulary: 100, hidden: 8, heads: 2, classes: ["good", "bad"] });
 * assertEquals(model.outputs[0]!.shape, ["batch", 2]);
 * ```
 */
export function textEncoder(options: TextEncoderOptions = {}): Model {
  const sizes: Sizes & TextEncoderOptions = checkedSizes("text_encoder", OWN, { schema, options });
  const inputs = ["input_ids", "attention_mask"] as const;
  return textNetwork("text_encoder", { ...sizes, inputs }, (net, tokens, classes) => {
    const [ids, mask] = [tokens.input_ids!, tokens.attention_mask!];
    const table = embedding(net, ids, {
      name: "embeddings.words",
      rows: sizes.vocabulary,
      width: sizes.hidden,
      weights: normal(sizes.deviation),
    });
    const places = positions(net, ids, {
      name: "embeddings.places",
      rows: sizes.maxPositions,
      width: sizes.hidden,
    });
    let x = add(net, [table, places], { name: "embeddings.sum" });
    x = dropout(net, x, { name: "embeddings.dropout", ratio: sizes.dropout });
    const bias = hiding(net, unmasked(net, mask, { name: "unmasked" }), { name: "mask" });
    for (let index = 0; index < sizes.layers; index++) {
      x = block(net, [x, bias], { name: `blocks.${index}`, sizes });
    }
    const pooled = masked(net, [layerNorm(net, x, { name: "norm" }), mask], { name: "pooled" });
    const dropped = dropout(net, pooled, { name: "dropout", ratio: sizes.dropout });
    const classifier = linear(net, dropped, {
      name: "classifier",
      features: classes,
      weights: normal(0.02),
      biases: constant(0),
    });
    return sizes.words ? [classifier, wordScores(net, x, sizes)] : classifier;
  });
}

/** Scores of all tokens at each place, `[N, vocabulary, T]`, by the embeddings' own table. */
function wordScores(net: Network, x: Value, sizes: Sizes): Value {
  const hidden = dense(net, x, { name: "words.dense", features: sizes.hidden });
  const bent = gelu(net, hidden, { name: "words.bent" });
  const normed = layerNorm(net, bent, { name: "words.norm" });
  const table = net.graph.value("embeddings.words.weight");
  const turned = transpose(net, table, { name: "words.table", order: [1, 0] });
  const shape = [...x.shape!.slice(0, 2), sizes.vocabulary];
  const scores = layer(net, "MatMul", { name: "words.scores", inputs: [normed, turned], shape });
  return transpose(net, scores, { name: "words", order: [0, 2, 1] });
}

/** Attention, then two dense layers, each with a way around it. */
function block(
  net: Network,
  [x, bias]: readonly [Value, Value],
  { name, sizes }: { readonly name: string; readonly sizes: Sizes },
): Value {
  const { hidden: features, heads, intermediate, dropout: ratio } = sizes;
  const first = layerNorm(net, x, { name: `${name}.norm1` });
  const part = (one: string) => dense(net, first, { name: `${name}.${one}`, features });
  const parts = { query: part("query"), key: part("key"), value: part("value") };
  const seen = attend(net, parts, { name: `${name}.attention`, heads, bias });
  const mixed = dense(net, seen, { name: `${name}.out`, features });
  const dropped = dropout(net, mixed, { name: `${name}.dropout1`, ratio });
  const y = add(net, [x, dropped], { name: `${name}.sum1` });
  const second = layerNorm(net, y, { name: `${name}.norm2` });
  const wide = gelu(net, dense(net, second, { name: `${name}.wide`, features: intermediate }), {
    name: `${name}.bent`,
  });
  const narrow = dense(net, wide, { name: `${name}.narrow`, features });
  const left = dropout(net, narrow, { name: `${name}.dropout2`, ratio });
  return add(net, [y, left], { name: `${name}.sum2` });
}

/** The mean of the tokens `[N, T, D]` that a mask int64 `[N, T]` shows. */
function masked(
  net: Network,
  [x, mask]: readonly [Value, Value],
  { name }: LayerOptions,
): Value {
  const wide = unsqueeze(net, mask, { name: `${name}.wide`, axes: [2] });
  const shown = layer(net, "Cast", {
    name: `${name}.shown`,
    inputs: [wide],
    shape: wide.shape!,
    attributes: { to: int(FLOAT) },
  });
  const kept = multiply(net, [x, shown], { name: `${name}.kept` });
  const total = (value: Value, part: string) => {
    const shape = [value.shape![0]!, value.shape![2]!];
    const inputs = [value, integers(net, `${name}.${part}.axis`, [1])];
    const attributes = { keepdims: int(0) };
    return layer(net, "ReduceSum", { name: `${name}.${part}`, inputs, shape, attributes });
  };
  const [sum, count] = [total(kept, "sum"), total(shown, "count")];
  return layer(net, "Div", { name, inputs: [sum, count], shape: sum.shape! });
}
