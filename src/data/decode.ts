import type { Image, Preprocessing, Rectangle } from "../tensor/dataset.ts";
import { evaluationWindow, type Size, sourceRectangle, type Window, windowOn } from "./geometry.ts";
import { resample } from "./resample.ts";
import {
  type Decode,
  nameOf,
  openPicture,
  type Picture,
  type PictureSource,
  pixels,
} from "./picture.ts";

/** Sharp's resampling kernels by our names; all widen when they shrink a picture, as PIL's do. */
const KERNELS = {
  bilinear: "linear",
  bicubic: "cubic",
  lanczos: "lanczos3",
  nearest: "nearest",
} as const;

/** The longest edge that sharp resizes to. */
const LONGEST_EDGE_PX = 16383;

/**
 * A picture as 8-bit RGB at its own size: upright (EXIF), CMYK, greyscale and palettes converted,
 * 16 bits scaled to 8, the first frame of an animation. Alpha is dropped and colour profiles are
 * not applied, as PIL's `convert("RGB")` does. Throws `UnreadableImageError`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeImage } from "@graft/graft";
 *
 * const gif = "R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";
 * const image = await decodeImage(Uint8Array.from(atob(gif), (letter) => letter.charCodeAt(0)));
 * assertEquals(image, { widthPx: 1, heightPx: 1, data: new Uint8Array([255, 0, 0]) });
 * ```
 */
export async function decodeImage(source: PictureSource, name?: string): Promise<Image> {
  return await decodeWhole(await openPicture(source, name ?? nameOf(source)));
}

/** The whole picture at its own size. */
export async function decodeWhole(picture: Picture): Promise<Image> {
  return picture.image ?? await pixels(await picture.open(), picture.name);
}

/** The whole picture as an example has it. */
export const asItIs: Decode = async (picture) => ({ image: await decodeWhole(picture) });

/** The picture as a network sees it at evaluation: resized and cropped to its centre. */
export async function decodeForEvaluation(
  picture: Picture,
  preprocessing: Preprocessing,
): Promise<Image> {
  const { interpolation } = preprocessing;
  const window = evaluationWindow(picture, preprocessing);
  const { widthPx, heightPx } = window.resized;
  if (widthPx > picture.widthPx || heightPx > picture.heightPx) {
    return resample(await decodeWhole(picture), window, interpolation);
  }
  if (Math.max(widthPx, heightPx) > LONGEST_EDGE_PX) {
    return await decodePart(picture, sourceRectangle(picture, window), preprocessing);
  }
  return await decodeWindow(picture, window, interpolation);
}

/** A part of the picture, resized to the network's input. */
export async function decodePart(
  picture: Picture,
  part: Rectangle,
  { widthPx, heightPx, interpolation }: Preprocessing,
): Promise<Image> {
  const shown: Size = { widthPx, heightPx };
  const shrink = Math.min(part.widthPx / widthPx, part.heightPx / heightPx);
  // A part cut out first is decoded at full size; a large one comes sooner from a smaller whole.
  if (picture.shrinksOnLoad && shrink >= 4) {
    return await decodeWindow(picture, windowOn(picture, part, shown), interpolation);
  }
  if (picture.image !== undefined && part.widthPx * part.heightPx <= widthPx * heightPx) {
    const whole = { leftPx: 0, topPx: 0, ...shown };
    const cutOut = cut(picture.image, part);
    return isSize(cutOut, shown)
      ? cutOut
      : resample(cutOut, { resized: shown, kept: whole }, interpolation);
  }
  const pipeline = (await picture.open()).extract(region(part));
  return await pixels(pipeline.resize(resizing(shown, interpolation)), picture.name);
}

async function decodeWindow(
  picture: Picture,
  { resized, kept }: Window,
  interpolation: Preprocessing["interpolation"],
): Promise<Image> {
  const sameSize = isSize(picture, resized);
  if (sameSize && picture.image !== undefined) return cut(picture.image, kept);
  const pipeline = await picture.open();
  if (!sameSize) pipeline.resize(resizing(resized, interpolation));
  return await pixels(pipeline.extract(region(kept)), picture.name);
}

function isSize(a: Size, b: Size): boolean {
  return a.widthPx === b.widthPx && a.heightPx === b.heightPx;
}

function resizing({ widthPx, heightPx }: Size, interpolation: Preprocessing["interpolation"]) {
  const kernel = KERNELS[interpolation];
  // The fast way leaves JPEG so little to average that fine patterns alias; it saves no time.
  const fastShrinkOnLoad = false;
  return { width: widthPx, height: heightPx, fit: "fill", kernel, fastShrinkOnLoad } as const;
}

function region({ leftPx, topPx, widthPx, heightPx }: Rectangle) {
  return { left: leftPx, top: topPx, width: widthPx, height: heightPx };
}

/** A part of an image; the image itself where it is all of it. */
function cut(image: Image, { leftPx, topPx, widthPx, heightPx }: Rectangle): Image {
  if (widthPx === image.widthPx && heightPx === image.heightPx) return image;
  const data = new Uint8Array(heightPx * widthPx * 3);
  for (let row = 0; row < heightPx; row++) {
    const start = ((topPx + row) * image.widthPx + leftPx) * 3;
    data.set(image.data.subarray(start, start + widthPx * 3), row * widthPx * 3);
  }
  return { widthPx, heightPx, data };
}
