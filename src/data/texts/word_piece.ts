import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { publishedTokenizer } from "./published_tokenizer.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** Options of `wordPiece`. */
export interface WordPieceOptions {
  /** Whether capitals are made small and accents left out, as by the models called uncased. @default {true} */
  readonly lowercase?: boolean;
}

const schema: z.ZodType<WordPieceOptions> = z.strictObject({
  lowercase: z.boolean().optional(),
}) as z.ZodType<WordPieceOptions>;

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/**
 * BERT's tokenizer from its list of word pieces: the lines of a `vocab.txt`, the place of each its
 * number. A word becomes the longest pieces that make it up, those inside a word written `##piece`; a
 * text begins with `[CLS]` and ends with `[SEP]`. Throws `RangeError` where one of `[PAD]`, `[UNK]`,
 * `[CLS]`, `[SEP]` is missing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { wordPiece } from "@graft/graft";
 *
 * const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "##ed", "good"];
 * const { encode, decode } = wordPiece(pieces);
 * assertEquals(encode("Good playing").ids, [2, 8, 5, 6, 3]);
 * assertEquals(decode([2, 8, 5, 6, 3]), "good playing");
 * ```
 */
export function wordPiece(
  vocabulary: readonly string[],
  options: WordPieceOptions = {},
): TextTokenizer {
  const { lowercase = true } = checkOptions("wordPiece", schema, options);
  const vocab = Object.fromEntries(vocabulary.map((piece, id) => [piece, id]));
  for (const token of SPECIAL.slice(0, 4)) {
    if (vocab[token] !== undefined) continue;
    throw new RangeError(
      `wordPiece(): the vocabulary of ${vocabulary.length} pieces has no "${token}"; give the lines of ` +
        "a BERT's vocab.txt",
    );
  }
  const mark = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const end = (type: number) => ({ SpecialToken: { id: "[SEP]", type_id: type } });
  const text = (id: "A" | "B", type: number) => ({ Sequence: { id, type_id: type } });
  return publishedTokenizer({
    version: "1.0",
    added_tokens: SPECIAL.filter((token) => vocab[token] !== undefined).map((content) => ({
      id: vocab[content]!,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [mark("[CLS]"), text("A", 0), end(0)],
      pair: [mark("[CLS]"), text("A", 0), end(0), text("B", 1), end(1)],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((
          token,
        ) => [token, { id: token, ids: [vocab[token]!], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  });
}
