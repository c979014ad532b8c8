import type { Image } from "../tensor/dataset.ts";
import { decodeBmp } from "./bmp.ts";
import { decodePnm } from "./pnm.ts";

/**
 * The picture in `bytes` where they are a BMP, PGM or PPM file, formats that are plain pixels and
 * that sharp leaves out; otherwise `undefined`. Throws `SyntaxError` for a broken one.
 */
export function decodePlainImage(bytes: Uint8Array): Image | undefined {
  const magic = String.fromCharCode(bytes[0] ?? 0, bytes[1] ?? 0);
  if (magic === "BM") return decodeBmp(bytes);
  if (/P[1-6]/.test(magic)) return decodePnm(bytes);
  return undefined;
}
