import { nearest } from "../../tensor/nearest.ts";
import { fileBytes } from "../files/file_bytes.ts";

/** A record of a table. */
export interface TableRow {
  /** The line it ends on; the first is 1. */
  readonly line: number;
  /** Its values by column. */
  readonly values: Readonly<Record<string, string>>;
}

/** A table with a header. */
export interface Table {
  /** What to call it in messages: its path. */
  readonly name: string;
  /** Names of the columns, in order. */
  readonly columns: readonly string[];
  /** The records, in order. */
  readonly rows: readonly TableRow[];
}

/** How a table is read. */
export interface ReadTableOptions {
  /** What stands between values. @default a tab where the file's name ends in .tsv or .tab, else a comma */
  readonly delimiter?: string | undefined;
  /** Names of the columns of a file without a header line. @default the first line */
  readonly columns?: readonly string[] | undefined;
}

/**
 * Reads comma-separated values (RFC 4180), tab-separated where the name ends in .tsv or .tab, gzipped or
 * not, with a header line unless `columns` are given. Throws `SyntaxError` with the line where the text
 * is damaged.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<Table> {
  const text = await textOf(path);
  const tabs = /\.(tsv|tab)(\.gz)?$/i.test(path);
  const records = await parsed(path, text, options.delimiter ?? (tabs ? "\t" : ","));
  const columns = options.columns ?? records.shift()?.record.map((name) => name.trim());
  const [first] = records;
  if (columns === undefined || first === undefined) {
    throw new SyntaxError(
      options.columns
        ? `"${path}" is empty`
        : `"${path}" must have a line of column names and one record or more`,
    );
  }
  if (columns.length !== first.record.length) {
    throw new SyntaxError(
      `"${path}" has ${first.record.length} columns, but ${columns.length} names: ${
        columns.join(", ")
      }`,
    );
  }
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  if (twice !== undefined) throw new SyntaxError(`"${path}" has two columns named "${twice}"`);
  const rows = records.map(({ record, info }) => ({
    line: info.lines,
    values: Object.fromEntries(columns.map((name, at) => [name, record[at]!])),
  }));
  return { name: path, columns, rows };
}

/** Throws `RangeError` unless the table has the columns. */
export function checkColumns(what: string, table: Table, wanted: readonly string[]): void {
  for (const name of wanted) {
    if (table.columns.includes(name)) continue;
    const near = nearest(name, table.columns);
    const known = table.columns.map((column) => `"${column}"`).join(", ");
    throw new RangeError(
      `${what}: "${table.name}" has no column "${name}"` +
        (near === undefined ? "" : `; did you mean "${near}"?`) + ` There are ${known}`,
    );
  }
}

/** A file's text, unpacked where it is gzipped. Throws `Error` that names it where it cannot be read. */
export async function textOf(path: string): Promise<string> {
  return new TextDecoder().decode(await fileBytes(path));
}

/** What csv-parse gives of a record, beside its values. */
interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

async function parsed(path: string, text: string, delimiter: string): Promise<Parsed[]> {
  const { CsvError, parse } = await import("csv-parse/sync");
  try {
    return parse(text, {
      delimiter,
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_quotes: delimiter === "\t",
    }) as unknown as Parsed[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as Error & { lines?: number };
    throw new SyntaxError(
      `"${path}"${lines === undefined ? "" : `, line ${lines}`} is no table: ${error.message}`,
      { cause: error },
    );
  }
}
