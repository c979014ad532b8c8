/** A picture as the page shows it: RGB bytes, rows from the top. */
export interface Pixels {
  /** Pixels across. */
  readonly widthPx: number;
  /** Pixels down. */
  readonly heightPx: number;
  /** `[heightPx, widthPx, RGB]`. */
  readonly data: Uint8Array;
}

/** The picture as a `data:` URL of a PNG file (ISO/IEC 15948): 8-bit RGB, one IDAT, no row filters. */
export async function pngUrl({ widthPx, heightPx, data }: Pixels): Promise<string> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, widthPx);
  header.setUint32(4, heightPx);
  header.setUint8(8, 8);
  header.setUint8(9, 2);
  const rows = new Uint8Array(heightPx * (3 * widthPx + 1));
  for (let row = 0; row < heightPx; row++) {
    const bytes = data.subarray(row * 3 * widthPx, (row + 1) * 3 * widthPx);
    rows.set(bytes, row * (3 * widthPx + 1) + 1);
  }
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", await deflated(rows)),
    chunk("IEND", new Uint8Array()),
  ];
  const file = new Uint8Array(await new Blob(parts).arrayBuffer());
  return `data:image/png;base64,${file.toBase64()}`;
}

/** The picture no larger than `sizePx` either way; each new pixel is the mean of those it covers. */
export function thumbnail(image: Pixels, sizePx: number): Pixels {
  const scale = Math.max(image.widthPx, image.heightPx) / sizePx;
  if (scale <= 1) return image;
  const widthPx = Math.max(Math.round(image.widthPx / scale), 1);
  const heightPx = Math.max(Math.round(image.heightPx / scale), 1);
  const data = new Uint8Array(3 * widthPx * heightPx);
  for (let i = 0; i < data.length; i++) {
    const column = Math.floor(i / 3) % widthPx;
    const row = Math.floor(i / 3 / widthPx);
    const [left, right] = span(column, image.widthPx / widthPx);
    const [top, bottom] = span(row, image.heightPx / heightPx);
    let sum = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) sum += image.data[3 * (y * image.widthPx + x) + i % 3]!;
    }
    data[i] = Math.round(sum / ((right - left) * (bottom - top)));
  }
  return { widthPx, heightPx, data };
}

function span(place: number, scale: number): [number, number] {
  const start = Math.floor(place * scale);
  return [start, Math.max(Math.floor((place + 1) * scale), start + 1)];
}

function chunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  view.setUint32(body.length + 8, crc32(bytes.subarray(4, body.length + 8)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
