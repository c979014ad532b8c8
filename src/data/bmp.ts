import type { Image } from "../tensor/dataset.ts";

/**
 * Decodes an uncompressed Windows bitmap of 1, 4, 8 (palette), 24 or 32 bits a pixel. Throws
 * `SyntaxError` for other kinds and for broken ones.
 */
export function decodeBmp(bytes: Uint8Array): Image {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 54) throw new SyntaxError("it is truncated");
  const pixelsAt = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const widthPx = view.getInt32(18, true);
  const rows = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  // BI_BITFIELDS (3) with 32 bits is, in practice, the usual order of channels.
  const known = headerBytes >= 40 && (compression === 0 || compression === 3 && bits === 32);
  if (!known || ![1, 4, 8, 24, 32].includes(bits)) {
    throw new SyntaxError(`it is a BMP of ${bits} bits, compression ${compression}, unknown here`);
  }
  const heightPx = Math.abs(rows);
  const rowBytes = Math.ceil(widthPx * bits / 32) * 4;
  if (widthPx <= 0 || heightPx === 0) throw new SyntaxError("its BMP header is broken");
  if (pixelsAt + rowBytes * heightPx > bytes.length) throw new SyntaxError("it is truncated");
  const data = new Uint8Array(widthPx * heightPx * 3);
  let to = 0;
  for (let row = 0; row < heightPx; row++) {
    // A positive height means that rows run from the bottom up.
    const start = pixelsAt + rowBytes * (rows > 0 ? heightPx - 1 - row : row);
    for (let column = 0; column < widthPx; column++) {
      const at = bits > 8
        ? start + column * bits / 8
        : 14 + headerBytes + 4 * paletteIndex(bytes, start, column, bits);
      data[to++] = bytes[at + 2]!;
      data[to++] = bytes[at + 1]!;
      data[to++] = bytes[at]!;
    }
  }
  return { widthPx, heightPx, data };
}

function paletteIndex(bytes: Uint8Array, start: number, column: number, bits: number): number {
  const bit = column * bits;
  return bytes[start + (bit >> 3)]! >> (8 - bits - (bit & 7)) & (1 << bits) - 1;
}
