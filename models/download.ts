import { createHash, type Hash } from "node:crypto";
import { dirname } from "@std/path";
import { progressLine } from "./progress_line.ts";

/** What `download` fetches. */
export interface DownloadOptions {
  /** What to call it in messages. */
  readonly name: string;
  /** Addresses of the same file, tried in turn. */
  readonly addresses: readonly string[];
  /** SHA-256 of the file, hexadecimal; a file with another sum is refused. */
  readonly sha256?: string;
  /** Its size in bytes, where known. */
  readonly bytes?: number;
  /** Whether to report progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** How often an address that cut off is asked for the rest. */
const ATTEMPTS = 4;

/**
 * Fetches a file to `path` unless it is there already. It grows in `path.part`, is resumed where it
 * was cut off (by a later run only where its sum is known), and gets its name when it is whole and
 * right. Two programs that want the same file fetch it once. Throws an `Error` that lists what every
 * address answered, or says that the folder cannot be written to; a file that is there is only read.
 */
export async function download(path: string, options: DownloadOptions): Promise<void> {
  if (await isThere(path, options)) return;
  const part = `${path}.part`;
  using file = await openToWrite(part, options);
  await file.lock(true);
  if (await isThere(path, options)) return;
  if (options.sha256 === undefined) await file.truncate(0);
  const failures: string[] = [];
  for (const address of options.addresses) {
    const failure = await fetchFrom(address, file, options);
    if (failure === undefined) {
      await file.sync();
      await Deno.rename(part, path);
      return;
    }
    failures.push(`  ${address}\n    ${failure}`);
  }
  if (options.sha256 === undefined || (await file.stat()).size === 0) await Deno.remove(part);
  throw new Error(
    `Could not download ${options.name}:\n${failures.join("\n")}\n` +
      `Fetch the file by other means and put it at ${path}, or pass its own path instead of the name`,
  );
}

/** Opens a file that may not be there yet, in a folder that may not be there yet. */
async function openToWrite(path: string, { name }: DownloadOptions): Promise<Deno.FsFile> {
  const folder = dirname(path);
  try {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (cause) {
    throw new Error(
      `Could not download ${name}: ${folder} cannot be written to (${reason(cause)}); ` +
        'set GRAFT_CACHE, or the option "cache", to a folder that can',
      { cause },
    );
  }
}

/** Fills `file` from one address; gives what went wrong, or nothing. */
async function fetchFrom(
  address: string,
  file: Deno.FsFile,
  options: DownloadOptions,
): Promise<string | undefined> {
  let failure = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = (await file.stat()).size;
    try {
      const whole = await fetchRest(address, file, options);
      if (whole) return await check(file, options);
      failure = `the connection was cut after ${(await file.stat()).size} bytes`;
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      failure = reason(error);
    }
    if ((await file.stat()).size === before) return failure;
  }
  return failure;
}

/** Appends what is still missing; gives whether the file is whole. */
async function fetchRest(
  address: string,
  file: Deno.FsFile,
  options: DownloadOptions,
): Promise<boolean> {
  const had = (await file.stat()).size;
  if (had > 0 && had === options.bytes) return true;
  const response = await fetch(address, had > 0 ? { headers: { range: `bytes=${had}-` } } : {});
  if (response.status === 416) {
    await response.body?.cancel();
    await file.truncate(0);
    throw new Error("the server could not resume");
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Refusal(`${response.status} ${response.statusText}`.trim());
  }
  const start = response.status === 206 ? had : 0;
  if (start === 0) await file.truncate(0);
  await file.seek(start, Deno.SeekMode.Start);
  const length = response.headers.get("content-length");
  const total = length === null ? options.bytes : start + Number(length);
  const encoded = response.headers.has("content-encoding");
  const end = await append(response.body, file, { start, total, options });
  return encoded || total === undefined || end === total;
}

interface Place {
  readonly start: number;
  readonly total: number | undefined;
  readonly options: DownloadOptions;
}

/** Writes a stream to the end of `file`; gives the file's size. */
async function append(
  body: ReadableStream<Uint8Array>,
  file: Deno.FsFile,
  { start, total, options }: Place,
): Promise<number> {
  const progress = progressLine(`Downloading ${options.name}`, options.verbose ?? true);
  let size = start;
  try {
    for await (const chunk of body) {
      for (let written = 0; written < chunk.length;) {
        written += await file.write(chunk.subarray(written));
      }
      size += chunk.length;
      progress.show(size, total);
    }
  } finally {
    progress.end();
  }
  return size;
}

/** Gives what is wrong with a whole file, and empties a wrong one. */
async function check(file: Deno.FsFile, options: DownloadOptions): Promise<string | undefined> {
  if (options.sha256 === undefined) return undefined;
  const found = await sumOf(file);
  if (found === options.sha256.toLowerCase()) return undefined;
  const size = (await file.stat()).size;
  await file.truncate(0);
  return `its SHA-256 is ${found} (${size} bytes), expected ${options.sha256}: the file was changed or damaged`;
}

async function sumOf(file: Deno.FsFile): Promise<string> {
  await file.seek(0, Deno.SeekMode.Start);
  const hash: Hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}

/** The server answered and will not give the file. */
class Refusal extends Error {}

/** What went wrong, without the address that Deno repeats. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error.cause instanceof Error ? error.cause : error;
  return message.replace(/^.*url \([^)]*\): /, "");
}

/** Whether the file is there. Throws an `Error` where it has another size than it must have. */
async function isThere(path: string, { bytes, name }: DownloadOptions): Promise<boolean> {
  try {
    const { size } = await Deno.stat(path);
    if (bytes === undefined || size === bytes) return true;
    throw new Error(
      `${path} has ${size} bytes, ${name} has ${bytes}: remove the file, and it is fetched again`,
    );
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return false;
    throw error;
  }
}
