import { Tokenizer } from "@huggingface/tokenizers";
import { sha256 } from "../../tensor/sha256.ts";
import type { EncodedText, EncodeTextOptions, TextTokenizer } from "./tokenizer.ts";

/** What is read of a `tokenizer.json`. */
export interface TokenizerJson {
  /** Tokens beside those of the model. */
  readonly added_tokens?: readonly AddedToken[];
  /** How words are divided. */
  readonly model: {
    readonly type?: string;
    readonly vocab: unknown;
    readonly [part: string]: unknown;
  };
  readonly [part: string]: unknown;
}

/** A token beside those of the model. */
export interface AddedToken {
  /** Its number. */
  readonly id: number;
  /** Its text. */
  readonly content: string;
  /** Whether it stands for no text. */
  readonly special?: boolean;
}

/** What is read of a `tokenizer_config.json`. */
export interface TokenizerConfig {
  /** The token that fills a text up. */
  readonly pad_token?: unknown;
  /** The token at the end of a text, which fills it up where there is no other. */
  readonly eos_token?: unknown;
  /** The token that hides a word. */
  readonly mask_token?: unknown;
  /** Where a text is filled up. */
  readonly padding_side?: unknown;
  readonly [part: string]: unknown;
}

/** What a `tokenizer.json` may leave out. */
const PARTS = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
};
/** Tokens that fill up or hide, as they are called where nothing says it. */
const PADDING = ["[PAD]", "<pad>", "<|endoftext|>"];
const MASKS = ["[MASK]", "<mask>"];

/** A tokenizer of published files, by Hugging Face's tokenizers.js. */
export function publishedTokenizer(
  json: TokenizerJson,
  config: TokenizerConfig = {},
): TextTokenizer {
  const own = new Tokenizer({ ...PARTS, ...json }, config);
  const vocabulary = own.get_vocab(true);
  const idOf = (names: readonly (string | undefined)[]) =>
    names.flatMap((name) => name === undefined ? [] : own.token_to_id(name) ?? [])[0];
  const padding = idOf([textOf(config.pad_token), ...PADDING, textOf(config.eos_token)]) ?? 0;
  const special = new Set(
    (json.added_tokens ?? []).filter((token) => token.special).map(({ id }) => id),
  );
  const hasTypes = json.model.type !== "BPE";
  let known: Promise<string> | undefined;
  return {
    size: [...vocabulary.values()].reduce((most, id) => Math.max(most, id + 1), 0),
    inputs: ["input_ids", "attention_mask", ...hasTypes ? ["token_type_ids" as const] : []],
    padding,
    paddingSide: config.padding_side === "left" ? "left" : "right",
    mask: idOf([textOf(config.mask_token), ...MASKS]),
    special,
    encode: (text, options) => encoded(own, text, options),
    decode: (ids) => own.decode([...ids], { skip_special_tokens: true }),
    token: (id) => own.id_to_token(id),
    fingerprint: () => known ??= sha256(JSON.stringify([json, config])),
  };
}

/** Ids with start and end; of a text that is too long, the end is cut off before those are put on. */
function encoded(
  own: Tokenizer,
  text: string,
  { pair, maxTokens = Infinity }: EncodeTextOptions = {},
): EncodedText {
  const both = pair === undefined
    ? own.encode(text, { return_token_type_ids: true })
    : own.encode(text, { text_pair: pair, return_token_type_ids: true });
  const typeIds = both.token_type_ids ?? both.ids.map(() => 0);
  if (both.ids.length <= maxTokens) return { ids: both.ids, typeIds };
  const plain = (one: string) => own.encode(one, { add_special_tokens: false }).ids.length;
  // What marks start and end lies around the texts; a text alone tells how much comes before it.
  const bare = own.encode(text, { add_special_tokens: false }).ids;
  const alone = own.encode(text).ids;
  const before = Math.max(startOf(alone, bare), 0);
  const after = alone.length - before - bare.length;
  const lengths = pair === undefined ? [bare.length] : [bare.length, plain(pair)];
  const between = both.ids.length - before - after - lengths.reduce((sum, one) => sum + one, 0);
  const kept = shared(lengths, maxTokens - before - between - after);
  const parts = [[0, before + kept[0]!]];
  if (pair !== undefined) {
    const second = before + lengths[0]!;
    parts.push([second, second + between + kept[1]!]);
  }
  parts.push([both.ids.length - after, both.ids.length]);
  const pick = (all: readonly number[]) => parts.flatMap(([from, to]) => all.slice(from, to));
  return { ids: pick(both.ids).slice(0, maxTokens), typeIds: pick(typeIds).slice(0, maxTokens) };
}

/** Where `part` begins in `whole`. */
function startOf(whole: readonly number[], part: readonly number[]): number {
  return whole.findIndex((_, at) => part.every((id, i) => whole[at + i] === id));
}

/** How many tokens are kept of each text, the longest cut first. */
function shared(lengths: readonly number[], room: number): number[] {
  const kept = [...lengths];
  for (let over = kept.reduce((sum, one) => sum + one, 0) - Math.max(room, 0); over > 0; over--) {
    const longest = kept.lastIndexOf(Math.max(...kept));
    kept[longest]!--;
  }
  return kept;
}

/** A token as configurations write it: a text, or an object with one. */
function textOf(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  const content = (token as { content?: unknown } | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}
