import type { Model, TextTokenizer } from "../../mod.ts";
import { bert } from "../../models/bert.ts";
import { distilbert } from "../../models/distilbert.ts";
import { gpt2 } from "../../models/gpt2.ts";
import { xlnet } from "../../models/xlnet.ts";

/** What a network is made for. */
export interface NetworkOptions {
  /** What makes numbers of its texts. */
  readonly tokenizer: TextTokenizer;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Numbers that stand for a token. */
  readonly hidden: number;
  /** Share of numbers left out while training. */
  readonly dropout: number;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  /** Seed of the weights. */
  readonly seed: number;
}

/** The architectures by name, with two blocks and random weights. */
const ARCHITECTURES: Readonly<Record<string, (options: NetworkOptions) => Model>> = {
  bert: (options) => bert({ ...sizes(options), maxPositions: options.maxTokens }),
  distilbert: (options) => distilbert({ ...sizes(options), maxPositions: options.maxTokens }),
  gpt2: (options) =>
    gpt2({
      ...sizes(options),
      maxPositions: options.maxTokens,
      padding: options.tokenizer.padding,
    }),
  xlnet: (options) => xlnet(sizes(options)),
};

/** A small network of a published architecture, and the tokenizer with the padding on its side. */
export function smallNetwork(
  name: string,
  options: NetworkOptions,
): { readonly model: Model; readonly tokenizer: TextTokenizer } {
  const made = ARCHITECTURES[name];
  if (!made) {
    const names = Object.keys(ARCHITECTURES).join(", ");
    throw new RangeError(`--network must be encoder or one of ${names}, found "${name}"`);
  }
  const { tokenizer } = options;
  return {
    model: made(options),
    // XLNet reads the class at the last place.
    tokenizer: name === "xlnet" ? { ...tokenizer, paddingSide: "left" } : tokenizer,
  };
}

function sizes({ tokenizer, classes, hidden, dropout, seed }: NetworkOptions) {
  return { vocabulary: tokenizer.size, classes, hidden, dropout, seed, layers: 2, heads: 4 };
}
