import { join } from "@std/path";

const HALF_WRITTEN = /^(checkpoint(-\d+)?|best)(\.previous)?(\.data)?\.[0-9a-f]{8}\.part$/;

/** Removes what runs that were killed while they wrote have left. */
export async function removeHalfWritten(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (HALF_WRITTEN.test(name)) await Deno.remove(join(folder, name));
  }
}

/**
 * Does `write`, which replaces the checkpoint at `path`. One file is replaced at once by its renaming;
 * a checkpoint with a file of external data beside it is two, so the old ones are kept under another
 * name until both are there.
 */
export async function whileKept(path: string, write: () => Promise<void>): Promise<void> {
  await recover(path);
  const kept = previous(path);
  const isPair = await exists(data(path)) && await exists(path);
  if (isPair) {
    await link(data(path), data(kept));
    await link(path, kept);
  }
  await write();
  if (!isPair) return;
  await Deno.remove(kept);
  await Deno.remove(data(kept));
}

/** Puts back the checkpoint that a run kept while it replaced both files and was killed at it. */
export async function recover(path: string): Promise<void> {
  const kept = previous(path);
  if (await exists(kept)) {
    if (await exists(data(kept))) await Deno.rename(data(kept), data(path));
    await Deno.rename(kept, path);
    // Renaming one name of a file to another of its names leaves both.
    if (await exists(kept)) await Deno.remove(kept);
  }
  if (await exists(data(kept))) await Deno.remove(data(kept));
}

/** Gives a checkpoint a second name, at once; one that is there is replaced. */
export async function alsoAs(path: string, other: string): Promise<void> {
  for (const [from, to] of [[data(path), data(other)], [path, other]] as const) {
    if (!await exists(from)) continue;
    const beside = partOf(to);
    await link(from, beside);
    await Deno.rename(beside, to);
    // As above: where both names are of one file already.
    if (await exists(beside)) await Deno.remove(beside);
  }
}

/** Removes a checkpoint. */
export async function removeCheckpoint(path: string): Promise<void> {
  await Deno.remove(path);
  if (await exists(data(path))) await Deno.remove(data(path));
}

/** Whether there is such a file. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A second name for a file; a copy where the file system has no such thing. */
async function link(from: string, to: string): Promise<void> {
  try {
    await Deno.link(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    const beside = to.endsWith(".part") ? to : partOf(to);
    await Deno.copyFile(from, beside);
    if (beside !== to) await Deno.rename(beside, to);
  }
}

function partOf(path: string): string {
  return `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
}

function previous(path: string): string {
  return `${path}.previous`;
}

function data(path: string): string {
  return `${path}.data`;
}
