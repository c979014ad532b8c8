import sharp from "sharp";
import type { Image } from "../tensor/dataset.ts";

/** A picture as a PNG file. */
export async function pngOf(image: Image): Promise<Uint8Array> {
  return new Uint8Array(await pipeline(image).png().toBuffer());
}

/**
 * A picture as the address of a small WebP file that is part of the address. Pictures smaller than
 * `leastPx` are enlarged by whole pixels, so that drawings of a few pixels can be seen.
 */
export async function inlined(image: Image, leastPx: number, mostPx: number): Promise<string> {
  const { widthPx, heightPx } = image;
  const shorter = Math.min(widthPx, heightPx);
  const factor = Math.max(1, Math.ceil(leastPx / shorter));
  const small = factor > 1
    ? pipeline(image).resize(widthPx * factor, heightPx * factor, { kernel: "nearest" })
    : pipeline(image).resize(mostPx, mostPx, { fit: "inside", withoutEnlargement: true });
  const bytes = new Uint8Array(await small.webp({ quality: 72, effort: 4 }).toBuffer());
  return `data:image/webp;base64,${bytes.toBase64()}`;
}

function pipeline({ data, widthPx, heightPx }: Image) {
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } });
}
