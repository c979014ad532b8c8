import { z } from "zod";
import type { Dataset, Example } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** Options of `maskedWords`. */
export interface MaskedWordsOptions {
  /** The tokenizer of the texts. */
  readonly tokenizer: TextTokenizer;
  /** Share of the tokens to be guessed. @default {0.15} */
  readonly share?: number;
  /** Seed of what is hidden; each epoch hides other tokens. @default {0} */
  readonly seed?: number;
}

/** The target of tokens that are not guessed, for `crossEntropy({ ignoreIndex: UNGUESSED })`. */
const UNGUESSED = -100;
/** Of tokens to be guessed, the share that is hidden, and that up to which another one takes its place. */
const [HIDDEN, CHANGED] = [0.8, 0.9];

const schema: z.ZodType<MaskedWordsOptions> = z.strictObject({
  tokenizer: z.custom<TextTokenizer>((value) =>
    typeof value === "object" && value !== null && "encode" in value && "mask" in value
  ).describe("a tokenizer, such as wordPiece(…)"),
  share: z.number().gt(0).max(1).optional(),
  seed: z.number().int().optional(),
}) as z.ZodType<MaskedWordsOptions>;

/**
 * Texts whose words are to be guessed, BERT's task of masked language modelling (Devlin et al. 2018),
 * for pretraining without labels: of 15 % of the tokens 80 % are hidden, 10 % exchanged, 10 % left. Targets
 * are int64 `[T]`, the token where one is to be guessed and −100 elsewhere: train with
 * `crossEntropy({ ignoreIndex: -100 })` a model of outputs `[N, tokens, T]`. Throws `RangeError`
 * where the tokenizer has no token that hides.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { maskedWords, texts, wordPiece } from "@graft/graft";
 *
 * const tokenizer = wordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]);
 * const plain = texts([{ text: "good bad good bad" }], { tokenizer, maxTokens: 6 });
 * const example = await maskedWords(plain, { tokenizer, share: 1 }).get(0);
 * const found = (example!.target as { data: BigInt64Array }).data;
 * assertEquals(found, BigInt64Array.of(-100n, 5n, 6n, 5n, 6n, -100n));
 * ```
 */
export function maskedWords(dataset: Dataset, options: MaskedWordsOptions): Dataset {
  const { tokenizer, share = 0.15, seed = 0 } = checkOptions("maskedWords", schema, options);
  const { mask } = tokenizer;
  if (mask === undefined) {
    throw new RangeError("maskedWords(): the tokenizer has no token that hides a word, as [MASK]");
  }
  const hide = (example: Example, path: readonly number[]): Example => {
    const given = example.inputs!.input_ids!;
    const ids = BigInt64Array.from(given.data as BigInt64Array);
    const seen = example.inputs!.attention_mask?.data as BigInt64Array | undefined;
    const wanted = new BigInt64Array(ids.length).fill(BigInt(UNGUESSED));
    const random = rng("masked words", seed, ...path);
    ids.forEach((id, at) => {
      const [chosen, how] = [random.uniform(), random.uniform()];
      const other = random.integer(tokenizer.size);
      if (seen?.[at] === 0n || tokenizer.special.has(Number(id)) || chosen >= share) return;
      wanted[at] = id;
      if (how < HIDDEN) ids[at] = BigInt(mask);
      else if (how < CHANGED) ids[at] = BigInt(other);
    });
    const { target: _, ...rest } = example;
    return {
      ...rest,
      inputs: { ...example.inputs, input_ids: tensor("int64", given.dims, ids) },
      target: tensor("int64", given.dims, wanted),
    };
  };
  return {
    length: dataset.length,
    changing: true,
    async get(index, epoch = 0) {
      const example = await dataset.get(index, epoch);
      return example && hide(example, [index, epoch]);
    },
    async fingerprint() {
      const content = await dataset.fingerprint?.();
      return content && `masked ${share} ${seed}\n${content}`;
    },
  };
}
