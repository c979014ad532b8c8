import { z } from "zod";
import { int, ints } from "../src/onnx/attribute.ts";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { geluTanh } from "./activations.ts";
import { attend, causal, counted, hiding, unmasked } from "./attention.ts";
import { normal } from "./initializers.ts";
import { add, dropout, linear } from "./layers.ts";
import { layer, type LayerOptions, type Network, scalar } from "./network.ts";
import { rowsAt, splitLast } from "./rearrange.ts";
import {
  checkedSizes,
  textNetwork,
  type TextNetworkOptions,
  textOptions,
  type TextSizes,
} from "./text_network.ts";
import { dense, DEVIATION, embedding, layerNorm, positions } from "./tokens.ts";

/** Options of `gpt2`. */
export interface Gpt2Options extends TextNetworkOptions {
  /** The longest text, in tokens (`n_positions`). @default {1024} */
  readonly maxPositions?: number;
  /** The token that fills up shorter texts (`pad_token_id`). @default {50256, the end of a text} */
  readonly padding?: number;
}

const schema: z.ZodType<Gpt2Options> = z.strictObject({
  ...textOptions,
  maxPositions: z.number().int().min(1).optional(),
  padding: z.number().int().min(0).optional(),
}) as z.ZodType<Gpt2Options>;

const SIZES = {
  vocabulary: 50_257,
  layers: 12,
  hidden: 768,
  heads: 12,
  maxPositions: 1024,
  dropout: 0.1,
  padding: 50_256,
};

/**
 * GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019) for texts of
 * several classes, with random weights; names and shapes of the weights are those of
 * `GPT2ForSequenceClassification` of transformers. Every token sees those before it; the class is read
 * at the last one that is not `padding`. Inputs `input_ids` and `attention_mask` int64
 * `[batch, sequence]`, output `score` `[batch, classes]`; 124 million weights. Throws `TypeError` and
 * `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gpt2 } from "./gpt2.ts";
 *
 * const model = gpt2({ vocabulary: 100, layers: 1, hidden: 8, heads: 2, padding: 0, classes: 3 });
 * assertEquals(model.outputs[0]!.shape, ["batch", 3]);
 * ```
 */
export function gpt2(options: Gpt2Options = {}): Model {
  const sizes = checkedSizes("gpt2", SIZES, { schema, options });
  const { layers, maxPositions = SIZES.maxPositions, padding = SIZES.padding } = sizes;
  const inputs = ["input_ids", "attention_mask"] as const;
  return textNetwork("gpt2", { ...sizes, inputs }, (net, tokens, classes) => {
    const ids = tokens.input_ids;
    let x = embedded(net, ids, { ...sizes, maxPositions });
    const bias = earlier(net, ids, tokens.attention_mask);
    for (let index = 0; index < layers; index++) {
      x = block(net, [x, bias], { name: `transformer.h.${index}`, sizes });
    }
    x = layerNorm(net, x, { name: "transformer.ln_f" });
    x = rowsAt(net, x, lastOf(net, ids, padding), { name: "last" });
    return linear(net, x, {
      name: "score",
      features: classes,
      bias: false,
      weights: normal(DEVIATION),
    });
  });
}

function embedded(
  net: Network,
  ids: Value,
  sizes: TextSizes & { readonly maxPositions: number },
): Value {
  const { hidden: width, vocabulary, maxPositions } = sizes;
  const words = embedding(net, ids, { name: "transformer.wte", rows: vocabulary, width });
  const places = positions(net, ids, { name: "transformer.wpe", rows: maxPositions, width });
  const x = add(net, [words, places], { name: "transformer.placed" });
  return dropout(net, x, { name: "transformer.drop", ratio: sizes.dropout });
}

/** Hides what comes later, and padding. */
function earlier(net: Network, ids: Value, mask: Value): Value {
  const inputs = [
    unmasked(net, mask, { name: "transformer.unmasked" }),
    causal(net, ids, { name: "transformer.causal" }),
  ];
  const shape = ["batch", 1, "sequence", "sequence"];
  const allowed = layer(net, "And", { name: "transformer.allowed", inputs, shape, type: "bool" });
  return hiding(net, allowed, { name: "transformer.mask" });
}

/** Normalises, attends, adds; normalises, transforms, adds. */
function block(
  net: Network,
  [x, bias]: readonly [Value, Value],
  { name, sizes }: LayerOptions & { readonly sizes: TextSizes },
): Value {
  const { hidden, heads, layers, intermediate, dropout: ratio } = sizes;
  const part = (value: Value, own: string, features: number) => {
    const deviation = own.endsWith("c_proj") ? DEVIATION / Math.sqrt(2 * layers) : DEVIATION;
    const options = { features, weights: normal(deviation), inputsFirst: true };
    return dense(net, value, { name: `${name}.${own}`, ...options });
  };
  const all = part(layerNorm(net, x, { name: `${name}.ln_1` }), "attn.c_attn", 3 * hidden);
  const parts = ["query", "key", "value"];
  const [query, key, value] = splitLast(net, all, { name: `${name}.attn.split`, parts });
  const attended = { query: query!, key: key!, value: value! };
  const seen = attend(net, attended, { name: `${name}.attn`, heads, bias, ratio });
  const turned = part(seen, "attn.c_proj", hidden);
  const kept = dropout(net, turned, { name: `${name}.attn.resid_dropout`, ratio });
  x = add(net, [kept, x], { name: `${name}.attended` });
  const wide = part(layerNorm(net, x, { name: `${name}.ln_2` }), "mlp.c_fc", intermediate);
  const narrow = part(geluTanh(net, wide, { name: `${name}.mlp.act` }), "mlp.c_proj", hidden);
  return add(net, [x, dropout(net, narrow, { name: `${name}.mlp.dropout`, ratio })], { name });
}

/** The last place of each row of `ids` that is not `padding`, 0 where there is none: int64 `[N]`. */
function lastOf(net: Network, ids: Value, padding: number): Value {
  const shape = ids.shape!;
  const inputs = [ids, scalar(net, "padding", padding, "int64")];
  const pads = layer(net, "Equal", { name: "pads", inputs, shape, type: "bool" });
  const zero = scalar(net, "padding.place", 0, "int64");
  const places = layer(net, "Where", {
    name: "places",
    inputs: [pads, zero, counted(net, ids, { name: "range" })],
    shape,
    type: "int64",
  });
  return layer(net, "ReduceMax", {
    name: "last.place",
    inputs: [places],
    shape: [shape[0]!],
    type: "int64",
    attributes: { axes: ints([1]), keepdims: int(0) },
  });
}
