import { dirname, fromFileUrl, join } from "@std/path";
import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { publishedTokenizer, type TokenizerJson } from "./published_tokenizer.ts";
import type { TextTokenizer } from "./tokenizer.ts";
import { wordPiece } from "./word_piece.ts";

/** Options of `readTokenizer`. */
export interface ReadTokenizerOptions {
  /** The token that fills texts up. @default what the configuration says, `[PAD]` or `<pad>` where not */
  readonly padding?: string;
  /** Where texts are filled up. @default what the configuration says, `"right"` where not */
  readonly paddingSide?: "left" | "right";
}

const schema: z.ZodType<ReadTokenizerOptions> = z.strictObject({
  padding: z.string().min(1).optional(),
  paddingSide: z.enum(["left", "right"]).optional(),
}) as z.ZodType<ReadTokenizerOptions>;

/**
 * A tokenizer from a file: a `tokenizer.json` as transformers saves it (WordPiece, BPE or Unigram), with
 * the `tokenizer_config.json` beside it where there is one, or a BERT's `vocab.txt`. Throws
 * `SyntaxError` for another file.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readTokenizer } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile({ suffix: ".txt" });
 * await Deno.writeTextFile(file, "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\n");
 * assertEquals((await readTokenizer(file)).encode("good").ids, [2, 4, 3]);
 * await Deno.remove(file);
 * ```
 */
export async function readTokenizer(
  file: string | URL,
  options: ReadTokenizerOptions = {},
): Promise<TextTokenizer> {
  const { padding, paddingSide } = checkOptions("readTokenizer", schema, options);
  const path = file instanceof URL ? fromFileUrl(file) : file;
  const text = await Deno.readTextFile(path);
  if (path.endsWith(".txt")) return wordPiece(text.replace(/\r?\n$/, "").split(/\r?\n/));
  const json = parsed(path, text);
  if (typeof json !== "object" || json === null || !("model" in json)) {
    throw new SyntaxError(
      `"${path}" is no tokenizer: a tokenizer.json has a "model"; a vocabulary of words ends in .txt`,
    );
  }
  return publishedTokenizer(json as TokenizerJson, {
    ...await configBeside(path),
    ...(padding !== undefined && { pad_token: padding }),
    ...(paddingSide !== undefined && { padding_side: paddingSide }),
  });
}

async function configBeside(path: string) {
  const file = join(dirname(path), "tokenizer_config.json");
  try {
    return parsed(file, await Deno.readTextFile(file)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`"${path}" is no JSON: ${(error as Error).message}`, { cause: error });
  }
}
