import { z } from "zod";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { gelu } from "./activations.ts";
import { constant, normal } from "./initializers.ts";
import { add, dropout, linear, tanh } from "./layers.ts";
import type { LayerOptions, Network } from "./network.ts";
import { at } from "./rearrange.ts";
import { checkedSizes, textNetwork, type TextNetworkOptions, textOptions } from "./text_network.ts";
import { dense, DEVIATION, embedding, layerNorm } from "./tokens.ts";
import { hiddenKeys, otherSegments, relativePositions } from "./xlnet/positions.ts";
import { EPSILON, relativeAttention, type XlnetSizes } from "./xlnet/relative_attention.ts";

/** Options of `xlnet`. */
export type XlnetOptions = TextNetworkOptions;

const schema: z.ZodType<XlnetOptions> = z.strictObject(textOptions) as z.ZodType<XlnetOptions>;

const SIZES = { vocabulary: 32_000, layers: 12, hidden: 768, heads: 12, dropout: 0.1 };

/**
 * XLNet base (Yang et al., "XLNet: Generalized Autoregressive Pretraining for Language Understanding",
 * 2019) for texts of several classes, with random weights; names and shapes of the weights are those of
 * `XLNetForSequenceClassification` of transformers, without `mask_emb`, which only pre-training reads.
 * Positions are relative, so that texts may be of any length; the class is read at the last token, so
 * pad on the left. Inputs `input_ids`, `attention_mask` and `token_type_ids` int64
 * `[batch, sequence]`, output `logits_proj` `[batch, classes]`; 117 million weights. Throws `TypeError`
 * and `RangeError` for wrong options.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { xlnet } from "./xlnet.ts";
 *
 * const model = xlnet({ vocabulary: 100, layers: 1, hidden: 8, heads: 2, classes: 3 });
 * assertEquals(model.outputs[0]!.shape, ["batch", 3]);
 * ```
 */
export function xlnet(options: XlnetOptions = {}): Model {
  const sizes = checkedSizes("xlnet", SIZES, { schema, options });
  const { layers, hidden: width, dropout: ratio, vocabulary: rows } = sizes;
  if (width % 2 !== 0) {
    throw new RangeError(`xlnet(): option "hidden" must be even, found ${width}`);
  }
  const inputs = ["input_ids", "attention_mask", "token_type_ids"] as const;
  return textNetwork("xlnet", { ...sizes, inputs }, (net, tokens, classes) => {
    const ids = tokens.input_ids;
    let x = embedding(net, ids, { name: "transformer.word_embedding", rows, width });
    x = dropout(net, x, { name: "transformer.dropout", ratio });
    // One draw for the batch: transformers drops other numbers of them in each example.
    const places = dropout(
      net,
      relativePositions(net, ids, { name: "transformer.positions", width }),
      { name: "transformer.positions.dropout", ratio },
    );
    const seen = {
      places,
      others: otherSegments(net, tokens.token_type_ids, { name: "transformer.segments" }),
      bias: hiddenKeys(net, tokens.attention_mask, { name: "transformer.mask" }),
    };
    for (let index = 0; index < layers; index++) {
      const name = `transformer.layer.${index}`;
      x = relativeAttention(net, x, { name: `${name}.rel_attn`, sizes, ...seen });
      x = feedForward(net, x, { name: `${name}.ff`, sizes });
    }
    return classified(net, x, { classes, sizes });
  });
}

function feedForward(
  net: Network,
  x: Value,
  { name, sizes }: LayerOptions & { readonly sizes: XlnetSizes },
): Value {
  const { hidden, intermediate, dropout: ratio } = sizes;
  const wide = dense(net, x, { name: `${name}.layer_1`, features: intermediate });
  let y = gelu(net, wide, { name: `${name}.activation` });
  y = dropout(net, y, { name: `${name}.dropout_1`, ratio });
  y = dense(net, y, { name: `${name}.layer_2`, features: hidden });
  y = dropout(net, y, { name: `${name}.dropout_2`, ratio });
  const sum = add(net, [y, x], { name: `${name}.sum` });
  return layerNorm(net, sum, { name: `${name}.layer_norm`, epsilon: EPSILON });
}

/** The last token through two layers, with a tanh between them. */
function classified(
  net: Network,
  x: Value,
  { classes, sizes }: { readonly classes: number; readonly sizes: XlnetSizes },
): Value {
  const { hidden: features, dropout: ratio } = sizes;
  const start = { weights: normal(DEVIATION), biases: constant(0) };
  let y = at(net, x, { name: "last", axis: 1, index: -1 });
  y = dropout(net, y, { name: "transformer.last.dropout", ratio });
  y = linear(net, y, { name: "sequence_summary.summary", features, ...start });
  y = tanh(net, y, { name: "sequence_summary.activation" });
  y = dropout(net, y, { name: "sequence_summary.last_dropout", ratio });
  return linear(net, y, { name: "logits_proj", features: classes, ...start });
}
