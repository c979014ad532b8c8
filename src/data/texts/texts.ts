import { z } from "zod";
import type { Dataset, Example } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { sha256 } from "../../tensor/sha256.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { checkIndex } from "../picture_dataset.ts";
import type { TextExample } from "../tables/read_texts.ts";
import type { EncodedText, TextInputName, TextTokenizer } from "./tokenizer.ts";

/** A text, or two that belong together, and what it is. */
export interface TextItem extends TextExample {
  /** A second text, such as an answer to the first. */
  readonly pair?: string;
}

/** Options of `texts`. */
export interface TextsOptions {
  /** What makes numbers of them. */
  readonly tokenizer: TextTokenizer;
  /** Tokens of every example: longer texts are cut, shorter ones filled up. @default {128} */
  readonly maxTokens?: number;
  /** Names of the classes; labels are looked up in it. @default the labels, sorted */
  readonly classes?: readonly string[];
  /** What the network reads. @default what networks for the tokenizer read */
  readonly inputs?: readonly TextInputName[];
}

const schema: z.ZodType<TextsOptions> = z.strictObject({
  tokenizer: z.custom<TextTokenizer>((value) =>
    typeof value === "object" && value !== null && "encode" in value && "padding" in value
  ).describe("a tokenizer, such as wordPiece(…)"),
  maxTokens: z.number().int().min(3).optional(),
  classes: z.array(z.string()).min(1).optional(),
  inputs: z.array(z.enum(["input_ids", "attention_mask", "token_type_ids"])).min(1).optional(),
}) as z.ZodType<TextsOptions>;

/**
 * Texts as a data set: the inputs `input_ids`, `attention_mask` (1 for tokens, 0 for what fills up) and
 * `token_type_ids`, int64 `[maxTokens]` each, and the class of the label. All examples have one length, so
 * that one program runs them; give as few tokens as hold most texts. Throws `RangeError` for a label
 * that is none of the classes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { texts, wordPiece } from "@graft/graft";
 *
 * const tokenizer = wordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad"]);
 * const items = [{ text: "Good, good", label: "+" }, { text: "bad", label: "-" }];
 * const dataset = texts(items, { tokenizer, maxTokens: 6 });
 * const example = await dataset.get(1);
 * assertEquals(example!.inputs!.input_ids!.data, BigInt64Array.of(2n, 5n, 3n, 0n, 0n, 0n));
 * assertEquals(example!.inputs!.attention_mask!.data, BigInt64Array.of(1n, 1n, 1n, 0n, 0n, 0n));
 * assertEquals([example!.target, dataset.classes], [1, ["+", "-"]]);
 * ```
 */
export function texts(items: readonly TextItem[], options: TextsOptions): Dataset {
  const { tokenizer, maxTokens = 128, ...given } = checkOptions("texts", schema, options);
  const { inputs = tokenizer.inputs } = given;
  const classes = given.classes ?? labelsOf(items);
  const places = new Map(classes?.map((name, place) => [name, place]));
  const targets = items.map(({ label }, index) => {
    if (label === undefined) return undefined;
    const place = places.get(label);
    if (place !== undefined) return place;
    throw new RangeError(
      `texts(): the label "${label}" of text ${index} is none of the ${places.size} classes`,
    );
  });
  return {
    length: items.length,
    ...(classes && { classes }),
    target: (index) => targets[index],
    get(index): Example {
      checkIndex(index, items.length);
      const { text, pair } = items[index]!;
      const encoded = tokenizer.encode(text, { pair, maxTokens });
      const rows = filled(encoded, tokenizer, maxTokens);
      const target = targets[index];
      return {
        inputs: Object.fromEntries(inputs.map((name) => [name, rows[name]])),
        ...(target !== undefined && { target }),
      };
    },
    async fingerprint() {
      const content = await sha256(JSON.stringify([items, classes, maxTokens, inputs]));
      return `texts ${content} ${await tokenizer.fingerprint()}`;
    },
  };
}

function labelsOf(items: readonly TextItem[]): string[] | undefined {
  const labels = new Set(items.flatMap(({ label }) => label ?? []));
  return labels.size === 0 ? undefined : [...labels].sort();
}

/** The inputs of one text, filled up to `length`. */
function filled(
  { ids, typeIds }: EncodedText,
  { padding, paddingSide }: TextTokenizer,
  length: number,
): Record<TextInputName, Tensor> {
  const start = paddingSide === "left" ? length - ids.length : 0;
  const row = (values: readonly number[], fill: number) => {
    const data = new BigInt64Array(length).fill(BigInt(fill));
    values.forEach((value, at) => data[start + at] = BigInt(value));
    return tensor("int64", [length], data);
  };
  return {
    input_ids: row(ids, padding),
    attention_mask: row(ids.map(() => 1), 0),
    token_type_ids: row(typeIds, 0),
  };
}
