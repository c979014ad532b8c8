/**
 * The bytes of a NumPy `.npy` file, format 1.0, of float32 values of shape `shape`, row-major.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npy(data: Float32Array, shape: readonly number[]): Uint8Array {
  return npyFile("<f4", new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
}

/** The bytes of a `.npy` file of int64 values `[labels.length]`. */
export function npyLabels(labels: readonly number[]): Uint8Array {
  const data = BigInt64Array.from(labels, BigInt);
  return npyFile("<i8", new Uint8Array(data.buffer), [labels.length]);
}

function npyFile(type: string, elements: Uint8Array, shape: readonly number[]): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dims}), }`;
  const PREFIX_BYTES = 10;
  const total = Math.ceil((PREFIX_BYTES + header.length + 1) / 64) * 64;
  const text = `${header.padEnd(total - PREFIX_BYTES - 1)}\n`;
  const file = new Uint8Array(total + elements.length);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  new DataView(file.buffer).setUint16(8, text.length, true);
  file.set(new TextEncoder().encode(text), PREFIX_BYTES);
  file.set(elements, total);
  return file;
}
