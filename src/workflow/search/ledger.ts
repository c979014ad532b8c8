import { join } from "@std/path";
import type { Label } from "./space.ts";
import type { TrialRecord } from "./strategy.ts";

/** What a search is about; it must be the same for it to go on. */
export type SearchKey = Readonly<Record<string, unknown>>;

/** A record with what was tried. */
export interface LedgerRecord extends TrialRecord {
  /** What stands for the values. */
  readonly parameters: Readonly<Record<string, Label>>;
  /** Seconds it took. */
  readonly seconds: number;
  /** What else the trial said, as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const FILE = "search.jsonl";
const FORMAT = "graft search 1";

/**
 * The trials of a search, a line of JSON each, in a file of a folder: what is written stays, whatever
 * happens afterwards; a line that was cut off is taken away.
 */
export class Ledger {
  private constructor(readonly path: string | undefined, readonly records: LedgerRecord[]) {}

  /**
   * Opens that of a folder, or begins it; one in memory where there is none. Throws `RangeError` where
   * it is of another search, `SyntaxError` where it is damaged.
   */
  static async open(folder: string | undefined, key: SearchKey): Promise<Ledger> {
    if (folder === undefined) return new Ledger(undefined, []);
    await Deno.mkdir(folder, { recursive: true });
    const path = join(folder, FILE);
    const text = await Deno.readTextFile(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) {
      await Deno.truncate(path, new TextEncoder().encode(whole).length);
    }
    const [first, ...lines] = whole.split("\n").filter((line) => line !== "")
      .map((line, index) => parsed(line, path, index + 1));
    const head = { format: FORMAT, ...JSON.parse(JSON.stringify(key)) };
    const ledger = new Ledger(path, lines.map(toRecord));
    if (first === undefined) await ledger.#append(head);
    else checkSame(path, first, head);
    return ledger;
  }

  /** Adds a trial. */
  async add(record: LedgerRecord): Promise<void> {
    this.records.push(record);
    const { score } = record;
    await this.#append({ ...record, score: Number.isFinite(score) ? score : String(score) });
  }

  async #append(line: object): Promise<void> {
    if (this.path === undefined) return;
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    const file = await Deno.open(this.path, { append: true, create: true });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      file.close();
    }
  }
}

function parsed(line: string, path: string, number: number): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    throw new SyntaxError(`${path} is damaged in line ${number}; remove it to start anew`);
  }
}

function toRecord(line: Record<string, unknown>): LedgerRecord {
  return { ...line, score: Number(line.score) } as unknown as LedgerRecord;
}

function checkSame(path: string, found: SearchKey, expected: SearchKey): void {
  const names = new Set([...Object.keys(found), ...Object.keys(expected)]);
  const text = (value: unknown) => JSON.stringify(value) ?? "none";
  for (const name of names) {
    if (text(found[name]) === text(expected[name])) continue;
    throw new RangeError(
      `${path} is of another search: "${name}" was ${text(found[name])}, is now ` +
        `${text(expected[name])}. Give another folder, or remove it to start anew`,
    );
  }
}
