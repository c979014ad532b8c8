import type { Sharp, SharpOptions } from "sharp";
import { fromFileUrl } from "@std/path";
import type { Example, Image } from "../tensor/dataset.ts";
import type { Size } from "./geometry.ts";
import { decodePlainImage } from "./plain_formats.ts";
import { loadSharp } from "./load_sharp.ts";
import { UnreadableImageError } from "./unreadable_image_error.ts";

/** Where a picture comes from: a path, an address (`file:`, `http:`, `https:`), its bytes, or pixels. */
export type PictureSource = string | URL | Uint8Array | Image;

/** A picture whose header has been read: enough to decode any part of it at any size. */
export interface Picture extends Size {
  /** What to call it in messages. */
  readonly name: string;
  /** Whether a smaller version can be decoded in less time (JPEG). */
  readonly shrinksOnLoad: boolean;
  /** The pixels, where they are in memory. */
  readonly image?: Image;
  /** Starts a pipeline: upright, colours not yet converted. */
  open(): Promise<Sharp> | Sharp;
}

/** A decoded picture, with what was drawn for a graph to do to it. */
export interface Decoded extends Pick<Example, "inputs"> {
  /** The picture. */
  readonly image: Image;
}

/** Decodes the picture of an index for an epoch. */
export type Decode = (picture: Picture, index: number, epoch: number) => Promise<Decoded>;

/** Reads the header of a picture. Throws `UnreadableImageError`. */
export async function openPicture(source: PictureSource, name: string): Promise<Picture> {
  if (isImage(source)) return inMemory(source, name);
  try {
    const input = await readable(source);
    try {
      return await encoded(input, name);
    } catch (error) {
      const image = decodePlainImage(
        typeof input === "string" ? await Deno.readFile(input) : input,
      );
      if (image === undefined) throw error;
      return inMemory(image, name);
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

async function encoded(input: string | Uint8Array, name: string): Promise<Picture> {
  // Colour profiles are left alone, as PIL and torchvision do: networks were trained that way.
  const options: SharpOptions = { failOn: "truncated", ignoreIcc: true };
  const sharp = await loadSharp();
  const header = await sharp(input, options).metadata();
  const { width, height } = header.autoOrient;
  const start = () => sharp(input, options).autoOrient();
  const open = header.space === "cmyk"
    ? async () => fromPixels(await withoutInk(start(), name))
    // Resizing weighs colours by alpha; the colours of transparent pixels must be freed of it before.
    : header.hasAlpha
    ? async () => fromPixels(await pixels(start(), name))
    : start;
  return { name, widthPx: width, heightPx: height, shrinksOnLoad: header.format === "jpeg", open };
}

function inMemory(image: Image, name: string): Picture {
  const { widthPx, heightPx } = image;
  return { name, widthPx, heightPx, image, shrinksOnLoad: false, open: () => fromPixels(image) };
}

/** A pipeline that starts from pixels. */
async function fromPixels({ data, widthPx, heightPx }: Image): Promise<Sharp> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } });
}

/** Ends a pipeline: 8-bit RGB. Throws `UnreadableImageError`. */
export async function pixels(pipeline: Sharp, name: string): Promise<Image> {
  return await run(pipeline.toColourspace("srgb").removeAlpha(), name);
}

/**
 * RGB from cyan, magenta, yellow and black by what each lets through, as PIL converts; a print
 * profile would tell other colours and takes a tenth of a second a picture.
 */
async function withoutInk(pipeline: Sharp, name: string): Promise<Image> {
  const cmyk = pipeline.pipelineColourspace("cmyk").toColourspace("cmyk");
  const { widthPx, heightPx, data: inks } = await run(cmyk, name);
  const channels = inks.length / (widthPx * heightPx);
  const data = new Uint8Array(widthPx * heightPx * 3);
  for (let to = 0, from = 0; to < data.length; from += channels) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) {
      data[to++] = Math.round((255 - inks[from + ink]!) * light / 255);
    }
  }
  return { widthPx, heightPx, data };
}

async function run(pipeline: Sharp, name: string): Promise<Image> {
  try {
    const { data, info } = await pipeline.raw({ depth: "uchar" }).toBuffer({
      resolveWithObject: true,
    });
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { widthPx: info.width, heightPx: info.height, data: bytes };
  } catch (error) {
    throw new UnreadableImageError(name, error);
  }
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
