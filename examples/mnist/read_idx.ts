/** An array as MNIST's files hold it: unsigned bytes, row-major. */
export interface IdxArray {
  /** Shape. */
  readonly dims: readonly number[];
  /** Elements. */
  readonly data: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzipped: two zero bytes, 8 for the element type, the
 * number of axes, each axis as a big-endian 32-bit number, then the elements. Throws `SyntaxError`
 * where the file is something else or too short.
 */
export async function readIdx(path: string): Promise<IdxArray> {
  const bytes = await unzipped(await Deno.readFile(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0 || bytes[2] !== 8) {
    throw new SyntaxError(`"${path}" is no IDX file of unsigned bytes`);
  }
  const axes = bytes[3]!;
  const start = 4 + 4 * axes;
  const dims = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (bytes.length < start + size) {
    throw new SyntaxError(
      `"${path}" is cut off: [${dims}] needs ${start + size} bytes, found ${bytes.length}`,
    );
  }
  return { dims, data: bytes.subarray(start, start + size) };
}

async function unzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
