import { z } from "zod";
import { fromFileUrl } from "@std/path";
import { checkOptions, show } from "../../tensor/options.ts";
import { checkColumns, readTable, textOf } from "./read_table.ts";

/** A text and what it is, undivided into tokens. */
export interface TextExample {
  /** The text. */
  readonly text: string;
  /** Its label, where the file has one. */
  readonly label?: string;
}

/** Options of `readTexts`. */
export interface ReadTextsOptions {
  /** Column, or field, of the texts. @default {"text"} */
  readonly text?: string;
  /** Column, or field, of the labels; `null` for none. @default {"label"} */
  readonly label?: string | null;
  /** What stands between values of a table. @default a tab in .tsv and .tab, else a comma */
  readonly delimiter?: string;
  /**
   * Names of the columns of a table that has no line of names, such as `["text", "label"]`.
   * @default those of the first line
   */
  readonly columns?: readonly string[];
}

const schema = z.strictObject({
  text: z.string().min(1).default("text"),
  label: z.string().min(1).nullable().default("label"),
  delimiter: z.string().min(1).optional(),
  columns: z.array(z.string().min(1)).min(1).refine((names) => new Set(names).size === names.length)
    .describe("an array of different column names").optional(),
});

/**
 * Texts with labels from a CSV, TSV or JSON-lines file (.jsonl, .ndjson), gzipped or not. Throws
 * `RangeError` for a column that is not there and `SyntaxError` with the line for a record that does not
 * fit.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readTexts } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile({ suffix: ".jsonl" });
 * await Deno.writeTextFile(file, '{"text": "Good, good.", "label": "pos"}\n');
 * assertEquals(await readTexts(file), [{ text: "Good, good.", label: "pos" }]);
 * await Deno.remove(file);
 * ```
 */
export async function readTexts(
  file: string | URL,
  options: ReadTextsOptions = {},
): Promise<TextExample[]> {
  const { text, label, delimiter, columns } = checkOptions("readTexts", schema, options);
  const path = file instanceof URL ? fromFileUrl(file) : file;
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) return await fromJsonLines(path, text, label);
  const table = await readTable(path, { delimiter, columns });
  checkColumns("readTexts()", table, label === null ? [text] : [text, label]);
  return table.rows.map(({ values }) => ({
    text: values[text]!,
    ...(label !== null && { label: values[label]! }),
  }));
}

async function fromJsonLines(
  path: string,
  text: string,
  label: string | null,
): Promise<TextExample[]> {
  const lines = (await textOf(path)).split(/\r?\n/);
  return lines.flatMap((line, at) => {
    if (line.trim() === "") return [];
    const where = `readTexts(): "${path}", line ${at + 1}`;
    const record = recordOf(line, where);
    const found = record[text];
    if (typeof found !== "string") {
      throw new SyntaxError(`${where}: "${text}" must be a string, found ${show(found)}`);
    }
    if (label === null) return [{ text: found }];
    const known = record[label];
    if (!["string", "number", "boolean"].includes(typeof known)) {
      throw new SyntaxError(
        `${where}: "${label}" must be a string or a number, found ${show(known)}`,
      );
    }
    return [{ text: found, label: String(known) }];
  });
}

function recordOf(line: string, where: string): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    throw new SyntaxError(`${where} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof record === "object" && record !== null) return record as Record<string, unknown>;
  throw new SyntaxError(`${where} must be an object, found ${show(record)}`);
}
