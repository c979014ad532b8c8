import { dirname } from "@std/path";
import type { Rows } from "./feature_table.ts";
import { rowBytes, type RowLayout } from "./row_layout.ts";

/** The last bytes of a file of features. */
const MARK = new TextEncoder().encode("graft features 1");
/** Bytes of the number that says how long the description is. */
const LENGTH = 4;

/** Features in a file. */
export interface FeatureFile {
  readonly layout: RowLayout;
  readonly rows: Rows;
}

/** Writes rows to a file, which has its name only once it is complete. */
export class FeatureWriter {
  #rows = 0;

  private constructor(
    readonly path: string,
    readonly layout: RowLayout,
    readonly beside: string,
    readonly file: Deno.FsFile,
  ) {}

  /** Begins a file that will be called `path`. Throws an error that names it where it cannot be written. */
  static async create(path: string, layout: RowLayout): Promise<FeatureWriter> {
    const beside = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      const file = await Deno.open(beside, { write: true, createNew: true });
      return new FeatureWriter(path, layout, beside, file);
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Adds `count` rows. */
  async append(bytes: Uint8Array, count: number): Promise<void> {
    this.#rows += count;
    await this.#write(bytes);
  }

  /** Completes the file. */
  async finish(): Promise<void> {
    const about = new TextEncoder().encode(
      JSON.stringify({ rows: this.#rows, layout: this.layout }),
    );
    const length = new Uint8Array(LENGTH);
    new DataView(length.buffer).setUint32(0, about.length, true);
    for (const piece of [about, length, MARK]) await this.#write(piece);
    try {
      await this.file.sync();
      this.file.close();
      await Deno.rename(this.beside, this.path);
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    try {
      this.file.close();
    } catch {
      // It was closed before.
    }
    await Deno.remove(this.beside).catch(() => {});
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.file.write(bytes.subarray(at));
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }
}

function unwritable(path: string, error: unknown): Error {
  return new Error(
    `Cannot keep the features in ${path}: ${(error as Error).message}. ` +
      "Give another cacheFolder, or none",
    { cause: error },
  );
}

/** Opens a file of features; `undefined` where there is none, or not a whole one. */
export function openFeatureFile(path: string): FeatureFile | undefined {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unwritable(path, error);
  }
  const about = descriptionOf(file);
  if (!about) {
    file.close();
    return undefined;
  }
  const size = rowBytes(about.layout);
  const bytes = new Uint8Array(size);
  const rows = {
    count: about.rows,
    read: (index: number) => readAt(file, index * size, bytes),
    close: () => file.close(),
  };
  return { layout: about.layout, rows };
}

/** What the end of a file says, where it fits the file's length. */
function descriptionOf(
  file: Deno.FsFile,
): { readonly rows: number; readonly layout: RowLayout } | undefined {
  const { size } = file.statSync();
  const end = LENGTH + MARK.length;
  if (size < end) return undefined;
  const tail = readAt(file, size - end, new Uint8Array(end));
  if (MARK.some((byte, at) => tail[LENGTH + at] !== byte)) return undefined;
  const length = new DataView(tail.buffer).getUint32(0, true);
  if (length > size - end) return undefined;
  try {
    const text = readAt(file, size - end - length, new Uint8Array(length));
    const about = JSON.parse(new TextDecoder().decode(text));
    return about.rows * rowBytes(about.layout) + length + end === size ? about : undefined;
  } catch {
    return undefined;
  }
}

function readAt(file: Deno.FsFile, start: number, into: Uint8Array): Uint8Array {
  file.seekSync(start, Deno.SeekMode.Start);
  for (let at = 0; at < into.length;) {
    const count = file.readSync(into.subarray(at));
    if (count === null) {
      throw new Error("A file of features ends too early: it was changed meanwhile");
    }
    at += count;
  }
  return into;
}
