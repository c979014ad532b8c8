import { basename, join } from "@std/path";
import { z } from "zod";
import { readTokenizer, type ReadTokenizerOptions } from "../src/data/texts/read_tokenizer.ts";
import type { TextTokenizer } from "../src/data/texts/tokenizer.ts";
import { checkOptions } from "../src/tensor/options.ts";
import { sha256 } from "../src/tensor/sha256.ts";
import { cacheFolder } from "./cache.ts";
import { download } from "./download.ts";
import { addressOf, fileName, localPath } from "./source.ts";

/** Options of `loadTokenizer`. */
export interface LoadTokenizerOptions extends ReadTokenizerOptions {
  /** Folder that downloads are kept in. @default {`GRAFT_CACHE`, or `graft` in the user's cache folder} */
  readonly cache?: string;
  /** SHA-256 that a downloaded file must have, hexadecimal. @default {the one known of a name} */
  readonly sha256?: string;
  /** Whether to report downloads on stderr. @default {true} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<LoadTokenizerOptions> = z.strictObject({
  padding: z.string().min(1).optional(),
  paddingSide: z.enum(["left", "right"]).optional(),
  cache: z.string().min(1).optional(),
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/).describe("64 hexadecimal digits").optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<LoadTokenizerOptions>;

/** A published vocabulary. */
interface Published {
  readonly address: string;
  readonly sha256?: string;
  readonly bytes?: number;
  readonly reading?: ReadTokenizerOptions;
}

/** The 30,522 word pieces that all uncased BERTs in English share (Apache-2.0). */
const UNCASED: Published = {
  address: "https://huggingface.co/google-bert/bert-base-uncased/resolve/main/vocab.txt",
  sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
  bytes: 231_508,
};

/** The 50,265 byte pairs of RoBERTa (MIT). */
const ROBERTA: Published = {
  address: "https://huggingface.co/FacebookAI/roberta-base/resolve/main/tokenizer.json",
  reading: { padding: "<pad>" },
};

/** Tokenizers by the names of the networks of the registry that read them. */
const PUBLISHED: Readonly<Record<string, Published>> = {
  bert: UNCASED,
  bert_squad: UNCASED,
  bert_mini: UNCASED,
  bert_small: UNCASED,
  bert_tiny: UNCASED,
  distilbert: UNCASED,
  gpt2: { address: "https://huggingface.co/openai-community/gpt2/resolve/main/tokenizer.json" },
  roberta_base: ROBERTA,
  roberta_sentiment: ROBERTA,
  xlnet: {
    address: "https://huggingface.co/xlnet/xlnet-base-cased/resolve/main/tokenizer.json",
    reading: { paddingSide: "left", padding: "<pad>" },
  },
};

/**
 * The tokenizer of a network for text: by the network's name (`"bert"`, `"roberta_base"`, `"gpt2"`,
 * `"xlnet"`), the path of a file, a URL (`http:`, `https:` or `file:`), or
 * `"hf:owner/repo/tokenizer.json"`. Files are those of `readTokenizer`. What is downloaded is kept and
 * never fetched twice. Throws an `Error` that says what the address answered where a download failed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadTokenizer } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile({ suffix: ".txt" });
 * await Deno.writeTextFile(file, "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\n");
 * assertEquals((await loadTokenizer(file)).size, 5);
 * await Deno.remove(file);
 * ```
 */
export async function loadTokenizer(
  source: string | URL,
  options: LoadTokenizerOptions = {},
): Promise<TextTokenizer> {
  const checked = checkOptions("loadTokenizer", schema, options);
  const { cache, sha256: sum, verbose = true, ...reading } = checked;
  const known = typeof source === "string" && Object.hasOwn(PUBLISHED, source)
    ? PUBLISHED[source]!
    : undefined;
  const address = known ? new URL(known.address) : addressOf(source);
  if (!address) return await readTokenizer(localPath(source), reading);
  const path = join(cache ?? cacheFolder(), await keptAs(address));
  const expected = sum ?? known?.sha256;
  await download(path, {
    name: basename(address.pathname),
    addresses: [address.href],
    ...(expected !== undefined && { sha256: expected }),
    ...(known?.bytes !== undefined && { bytes: known.bytes }),
    verbose,
  });
  return await readTokenizer(path, { ...known?.reading, ...reading });
}

/** The file's name with a part of its address's sum before the ending, which tells what it is. */
async function keptAs(address: URL): Promise<string> {
  const sum = (await sha256(address.href)).slice(0, 12);
  return fileName(address).replace(/(\.\w+)?$/, (ending) => `-${sum}${ending}`);
}
