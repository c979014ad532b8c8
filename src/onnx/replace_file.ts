/** A file that was written beside its place and waits to be put there. */
export interface PendingFile {
  /** Renames it to its place, over what is there. */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/**
 * Writes a file beside `path` and renames it, so that no half-written one is left. Throws an error
 * that names the path where it cannot be written.
 */
export async function replaceFile(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  await (await writeBeside(path, pieces)).commit();
}

/** Writes a file beside `path`, to be put there later. */
export async function writeBeside(
  path: string,
  pieces: readonly Uint8Array[],
): Promise<PendingFile> {
  const beside = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  const discard = () => Deno.remove(beside).catch(() => {});
  const orFail = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      await discard();
      throw new Error(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
    }
  };
  await orFail(() => writePieces(beside, pieces));
  return { commit: () => orFail(() => Deno.rename(beside, path)), discard };
}

async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await Deno.open(path, { write: true, createNew: true });
  try {
    for (const piece of pieces) await writeAll(file, piece);
    await file.sync();
  } finally {
    file.close();
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await file.write(bytes.subarray(at));
}
