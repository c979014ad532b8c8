import sharp, { type Sharp, type SharpOptions } from "sharp";
import { fromFileUrl } from "@std/path";
import type { Image } from "../tensor/dataset.ts";
import type { Size } from "./geometry.ts";
import { decodePlainImage } from "./plain_formats.ts";
import { UnreadableImageError } from "./unreadable_image_error.ts";

// Every picture is read once per use, so a cache of operations only takes memory; pictures run
// beside each other, one thread each.
sharp.cache(false);
sharp.concurrency(1);

/** Where a picture comes from: a path, an address (`file:`, `http:`, `https:`), its bytes, or pixels. */
export type PictureSource = string | URL | Uint8Array | Image;

/** A picture whose header has been read: enough to decode any part of it at any size. */
export interface Picture extends Size {
  /** Whether a smaller version can be decoded in less time (JPEG). */
  readonly shrinksOnLoad: boolean;
  /** The pixels, where they are in memory. */
  readonly image?: Image;
  /** Starts a pipeline: upright, colours not yet converted. */
  open(): Promise<Sharp> | Sharp;
}

/** Reads the header of a picture. Throws `UnreadableImageError`. */
export async function openPicture(source: PictureSource, name: string): Promise<Picture> {
  if (isImage(source)) return inMemory(source);
  try {
    const input = await readable(source);
    try {
      return await encoded(input);
    } catch (error) {
      const image = decodePlainImage(
        typeof input === "string" ? await Deno.readFile(input) : input,
      );
      if (image === undefined) throw error;
      return inMemory(image);
    }
  } catch (error) {
    throw new UnreadableImageError(name, error);
  }
}

/** What to call a picture in messages: its path or address, else its place in a list. */
export function nameOf(source: PictureSource, index?: number): string {
  if (typeof source === "string") return source;
  if (source instanceof URL) return source.protocol === "file:" ? fromFileUrl(source) : source.href;
  return index === undefined ? "the picture" : `picture ${index}`;
}

/** Whether a source is already decoded. */
export function isImage(source: PictureSource): source is Image {
  return typeof source === "object" && "widthPx" in source;
}

async function encoded(input: string | Uint8Array): Promise<Picture> {
  // Colour profiles are left alone, as PIL and torchvision do: networks were trained that way.
  const options: SharpOptions = { failOn: "truncated", ignoreIcc: true };
  const header = await sharp(input, options).metadata();
  const { width, height } = header.autoOrient;
  const start = () => sharp(input, options).autoOrient();
  return {
    widthPx: width,
    heightPx: height,
    shrinksOnLoad: header.format === "jpeg",
    // Resizing weighs colours by alpha; the colours of transparent pixels must be freed of it before.
    open: header.hasAlpha ? async () => fromPixels(await pixels(start())) : start,
  };
}

function inMemory(image: Image): Picture {
  const { widthPx, heightPx } = image;
  return { widthPx, heightPx, image, shrinksOnLoad: false, open: () => fromPixels(image) };
}

/** A pipeline that starts from pixels. */
function fromPixels({ data, widthPx, heightPx }: Image): Sharp {
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } });
}

/** Ends a pipeline: 8-bit RGB. */
export async function pixels(pipeline: Sharp): Promise<Image> {
  const { data, info } = await pipeline.toColourspace("srgb").removeAlpha().raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return {
    widthPx: info.width,
    heightPx: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

async function readable(source: string | URL | Uint8Array): Promise<string | Uint8Array> {
  if (!(source instanceof URL)) return source;
  if (source.protocol === "file:") return fromFileUrl(source);
  const response = await fetch(source);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
