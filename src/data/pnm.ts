import type { Image } from "../tensor/dataset.ts";

/**
 * Decodes a PGM or PPM file (P2, P3, P5, P6: grey or colour, as text or binary, up to 16 bits).
 * Throws `SyntaxError` for anything else. Netpbm's pgm(5) and ppm(5).
 */
export function decodePnm(bytes: Uint8Array): Image {
  const kind = bytes[1]! - 48;
  if (bytes[0] !== 0x50 || ![2, 3, 5, 6].includes(kind)) {
    throw new SyntaxError(`it is a P${kind} file; P2, P3, P5 and P6 are known`);
  }
  const read = numbers(bytes, 2);
  const [widthPx, heightPx, white] = [read.next(), read.next(), read.next()];
  if (!(widthPx > 0 && heightPx > 0 && white > 0 && white < 65536)) {
    throw new SyntaxError("its PNM header is broken");
  }
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const count = widthPx * heightPx * channels;
  const isText = kind < 4;
  const width = white > 255 ? 2 : 1;
  const start = read.position() + 1;
  if (!isText && bytes.length - start < count * width) throw new SyntaxError("it is truncated");
  if (isText && bytes.length - start < count) throw new SyntaxError("it is truncated");
  const data = new Uint8Array(widthPx * heightPx * 3);
  const copies = 3 / channels;
  for (let i = 0; i < count; i++) {
    const at = start + i * width;
    const value = isText
      ? read.next()
      : width === 1
      ? bytes[at]!
      : bytes[at]! << 8 | bytes[at + 1]!;
    if (Number.isNaN(value)) throw new SyntaxError("it is truncated");
    data.fill(Math.round(Math.min(value, white) * 255 / white), i * copies, (i + 1) * copies);
  }
  return { widthPx, heightPx, data };
}

/** Decimal numbers apart by white space and comments; NaN at the end. */
function numbers(bytes: Uint8Array, from: number): { next(): number; position(): number } {
  let at = from;
  const isSpace = () => at < bytes.length && bytes[at]! <= 32;
  const next = () => {
    while (isSpace() || bytes[at] === 0x23) {
      if (bytes[at] === 0x23) { while (at < bytes.length && bytes[at] !== 10) at++; }
      else at++;
    }
    const start = at;
    let value = 0;
    while (bytes[at]! >= 48 && bytes[at]! <= 57) value = value * 10 + bytes[at++]! - 48;
    return at === start ? NaN : value;
  };
  return { next, position: () => at };
}
