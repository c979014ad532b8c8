/** The names that networks for text have for their inputs. */
export type TextInputName = "input_ids" | "attention_mask" | "token_type_ids";

/** A text as numbers. */
export interface EncodedText {
  /** The token at each place. */
  readonly ids: readonly number[];
  /** 0 for tokens of the first text, 1 for those of the second. */
  readonly typeIds: readonly number[];
}

/** Makes numbers of texts; `wordPiece()` and `loadTokenizer()` make one. */
export interface TextTokenizer {
  /** How many tokens there are. */
  readonly size: number;
  /** What networks made for it read. */
  readonly inputs: readonly TextInputName[];
  /** The token that fills a text up. */
  readonly padding: number;
  /** Where it is filled up. */
  readonly paddingSide: "right" | "left";
  /** The token that hides a word, where there is one. */
  readonly mask: number | undefined;
  /** Tokens that stand for no text, such as those at its start and end. */
  readonly special: ReadonlySet<number>;
  /** A text, or two, as numbers, with the tokens that mark start and end; cut down to `maxTokens`. */
  encode(text: string, options?: EncodeTextOptions): EncodedText;
  /** The text of tokens, those that stand for none left out. */
  decode(ids: readonly number[]): string;
  /** The token of an id; `undefined` where there is none. */
  token(id: number): string | undefined;
  /** A text that is another one where texts become other numbers. */
  fingerprint(): Promise<string>;
}

/** How a text is encoded. */
export interface EncodeTextOptions {
  /** A second text, which comes after the first. */
  readonly pair?: string | undefined;
  /** Most tokens, those that mark start and end included; the longer text is cut first. @default {no limit} */
  readonly maxTokens?: number | undefined;
}
