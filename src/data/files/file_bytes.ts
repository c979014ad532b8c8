/**
 * The bytes of a file, unpacked where it is gzipped. Throws `Error` that names it where it cannot be
 * read, `SyntaxError` where the packed data are damaged.
 */
export async function fileBytes(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new SyntaxError(`"${path}" is gzipped but cut off or damaged; download it again`, {
      cause: error,
    });
  }
}

/**
 * The first of `names`, in that order, that lies in one of `folders`, as it is or gzipped; `undefined`
 * where none does.
 */
export async function findFile(
  folders: readonly string[],
  names: readonly string[],
): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      for (const path of [`${folder}/${name}`, `${folder}/${name}.gz`]) {
        if (await isFile(path)) return path;
      }
    }
  }
  return undefined;
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : error;
    throw new Error(`Cannot read "${path}": ${why instanceof Error ? why.message : why}`, {
      cause: error,
    });
  }
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isFile, () => false);
}
