import { Buffer } from "node:buffer";
import { loadSharp } from "../../data/load_sharp.ts";
import type { Image } from "../../tensor/dataset.ts";

/** A picture with what is written below it. */
export interface Tile {
  readonly image: Image;
  /** Whether the network sees its greys only. */
  readonly isGrey: boolean;
  readonly caption: string;
}

/** How tiles are arranged. */
interface Arrangement {
  readonly columns: number;
  readonly tilePx: number;
}

const GAP_PX = 8;
const CAPTION_PX = 20;
const FONT_PX = 13;

/** A PNG with the tiles in rows, white between them. */
export async function pngSheet(
  tiles: readonly Tile[],
  { columns, tilePx }: Arrangement,
): Promise<Uint8Array<ArrayBuffer>> {
  const across = Math.min(columns, tiles.length);
  const { widthPx, heightPx } = tiles[0]!.image;
  const highPx = Math.max(1, Math.round(tilePx * heightPx / widthPx));
  const left = (at: number) => GAP_PX + at % across * (tilePx + GAP_PX);
  const top = (at: number) => GAP_PX + Math.floor(at / across) * (highPx + CAPTION_PX + GAP_PX);
  const width = left(across - 1) + tilePx + GAP_PX;
  const height = top(tiles.length - 1) + highPx + CAPTION_PX + GAP_PX;
  const drawn = await Promise.all(tiles.map(async (tile, at) => ({
    input: await pngOf(tile, tilePx, highPx),
    left: left(at),
    top: top(at),
  })));
  const captions = tiles.map(({ caption }, at) => {
    // What does not fit would run into the next one.
    const most = Math.floor(tilePx / (FONT_PX * 0.55));
    const text = caption.length > most ? `${caption.slice(0, most - 1)}…` : caption;
    const place = `x="${left(at)}" y="${top(at) + highPx + FONT_PX + 2}"`;
    return `<text ${place}>${escaped(text)}</text>`;
  });
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `font-family="sans-serif" font-size="${FONT_PX}">${captions.join("")}</svg>`;
  const layers = [...drawn, { input: Buffer.from(overlay), left: 0, top: 0 }];
  const sharp = await loadSharp();
  const sheet = sharp({ create: { width, height, channels: 3, background: "white" } });
  const { buffer, byteOffset, byteLength } = await sheet.composite(layers).png().toBuffer();
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** A page with the tiles in rows and the pictures in it. */
export async function htmlPage(
  tiles: readonly Tile[],
  { columns, tilePx }: Arrangement,
): Promise<string> {
  const figures = await Promise.all(tiles.map(async (tile) => {
    const { widthPx, heightPx } = tile.image;
    const source = `data:image/png;base64,${
      (await pngOf(tile, widthPx, heightPx)).toString("base64")
    }`;
    const caption = escaped(tile.caption);
    return `<figure><img alt="${caption}" width="${tilePx}" src="${source}">` +
      `<figcaption>${caption}</figcaption></figure>`;
  }));
  return [
    "<!doctype html>",
    '<html lang="en"><meta charset="utf-8"><title>What the network sees</title>',
    "<style>",
    "body { font: 14px sans-serif; margin: 16px }",
    `main { display: grid; grid-template-columns: repeat(${columns}, ${tilePx}px); gap: 12px }`,
    "figure { margin: 0 } img { display: block }",
    "</style>",
    `<main>${figures.join("\n")}</main>`,
    "</html>",
    "",
  ].join("\n");
}

async function pngOf({ image, isGrey }: Tile, width: number, height: number) {
  const raw = { width: image.widthPx, height: image.heightPx, channels: 3 } as const;
  // Small pictures are shown by their pixels.
  const kernel = width > image.widthPx ? "nearest" : "linear";
  const sharp = await loadSharp();
  const pipeline = sharp(image.data, { raw }).resize({ width, height, fit: "fill", kernel });
  return await (isGrey ? pipeline.greyscale() : pipeline).png().toBuffer();
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
