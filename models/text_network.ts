import { z } from "zod";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { checkOptions } from "../src/tensor/options.ts";
import { input, type Network, network, output, toModel } from "./network.ts";

/** Options that the networks for text share; the names in brackets are those of `transformers`. */
export interface TextNetworkOptions {
  /** Names of the classes, or how many there are (`num_labels`). @default {2} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
  /** Tokens that there are (`vocab_size`). */
  readonly vocabulary?: number;
  /** Blocks of attention and two dense layers (`num_hidden_layers`). */
  readonly layers?: number;
  /** Numbers that stand for a token (`hidden_size`); a multiple of `heads`. */
  readonly hidden?: number;
  /** Heads of every attention (`num_attention_heads`). */
  readonly heads?: number;
  /** Numbers between the two dense layers of a block (`intermediate_size`). @default {4 · hidden} */
  readonly intermediate?: number;
  /** Share of numbers left out while training, everywhere (`hidden_dropout_prob` and the like). @default {0.1} */
  readonly dropout?: number;
}

const count = z.number().int().min(1);

/** Schemas of `TextNetworkOptions`. */
export const textOptions = {
  classes: z.union([z.array(z.string()).min(1), count])
    .describe("a list of labels, or a number of classes").optional(),
  seed: z.number().int().optional(),
  vocabulary: count.optional(),
  layers: count.optional(),
  hidden: count.optional(),
  heads: count.optional(),
  intermediate: count.optional(),
  dropout: z.number().min(0).lt(1).optional(),
};

/** The sizes that every network for text has. */
export interface TextSizes {
  /** Tokens that there are. */
  readonly vocabulary: number;
  /** Blocks. */
  readonly layers: number;
  /** Numbers that stand for a token. */
  readonly hidden: number;
  /** Heads of every attention. */
  readonly heads: number;
  /** Numbers between the two dense layers of a block. */
  readonly intermediate: number;
  /** Share of numbers left out while training. */
  readonly dropout: number;
}

/**
 * The options of the network `name`, checked, over its own sizes. Throws `TypeError` and `RangeError` for
 * wrong ones, also where `heads` do not divide `hidden`.
 */
export function checkedSizes<Own extends Omit<TextSizes, "intermediate">, Options extends object>(
  name: string,
  own: Own,
  { schema, options }: { readonly schema: z.ZodType<Options>; readonly options: Options },
): Own & TextSizes & Options {
  const checked = checkOptions(name, schema, options);
  const given = Object.fromEntries(
    Object.entries(checked).filter(([, value]) => value !== undefined),
  ) as Options;
  const sizes = { ...own, ...given };
  if (sizes.hidden % sizes.heads !== 0) {
    throw new RangeError(
      `${name}(): option "hidden" must be a multiple of the ${sizes.heads} heads, found ${sizes.hidden}`,
    );
  }
  return { intermediate: 4 * sizes.hidden, ...sizes };
}

/** Names of the inputs of a network for text: int64 `[batch, sequence]` each. */
export type TextInput = "input_ids" | "attention_mask" | "token_type_ids";

/**
 * A network from token ids to as many numbers as there are classes. `layers` adds all of it and gives its
 * output, or its outputs.
 */
export function textNetwork(
  name: string,
  { inputs, classes = 2, seed = 0 }: Pick<TextNetworkOptions, "classes" | "seed"> & {
    readonly inputs: readonly TextInput[];
  },
  layers: (
    net: Network,
    tokens: Readonly<Record<TextInput, Value>>,
    classes: number,
  ) => Value | readonly Value[],
): Model {
  const net = network(seed);
  const tokens = Object.fromEntries(
    inputs.map((one) => [one, input(net, one, ["batch", "sequence"], "int64")]),
  ) as Record<TextInput, Value>;
  const made = layers(net, tokens, typeof classes === "number" ? classes : classes.length);
  for (const value of [made].flat()) output(net, value);
  return toModel(net, { name, ...(typeof classes !== "number" && { classes }) });
}
