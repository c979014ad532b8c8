import { extractFeatures, type Image, type Model, pictures } from "../../mod.ts";
import type { Embeddings } from "./verification.ts";

/** A picture of somebody. */
export interface Face {
  /** The picture. */
  readonly image: Image;
  /** Number of the person. */
  readonly person: number;
}

/** How faces become embeddings. */
export interface EmbedOptions {
  /** The layer whose output is the embedding. */
  readonly layer: string;
  /** How many crops are averaged, one above the other. */
  readonly crops: number;
}

/** How far apart the crops lie, as a share of their height. */
const STEP = 3 / 112;

/**
 * The embedding of every face: the network's answer to a square about the middle of the picture,
 * brought to length 1. Where there are several crops, a little higher and a little lower, it is their
 * mean: nobody marked the eyes, so one crop alone sits right on some faces and wrong on others.
 */
export async function embed(
  model: Model,
  faces: readonly Face[],
  { layer, crops }: EmbedOptions,
): Promise<Embeddings> {
  let sum: Float32Array | undefined;
  let shape: readonly [number, number] = [faces.length, 0];
  for (let crop = 0; crop < crops; crop++) {
    const shift = (crop - (crops - 1) / 2) * STEP;
    const data = pictures(faces.map(({ image }) => ({ image: squared(image, shift) })));
    const found = await extractFeatures(model, data, { layer, verbose: false });
    shape = [faces.length, found.data.length / faces.length];
    const rows = unitRows(found.data, shape[1]);
    sum = sum ? sum.map((value, at) => value + rows[at]!) : rows;
  }
  return { data: unitRows(sum!, shape[1]), shape, people: faces.map(({ person }) => person) };
}

/**
 * A square about the middle of a picture, as long as its longer edge and `shift` of that further down;
 * what lies outside repeats the pixels of the edge.
 */
export function squared(image: Image, shift = 0): Image {
  const { widthPx, heightPx } = image;
  const sizePx = Math.max(widthPx, heightPx);
  const left = Math.round((widthPx - sizePx) / 2);
  const top = Math.round((heightPx - sizePx) / 2 + shift * sizePx);
  if (left === 0 && top === 0 && widthPx === heightPx) return image;
  const data = new Uint8Array(3 * sizePx * sizePx);
  const within = (place: number, size: number) => Math.min(Math.max(place, 0), size - 1);
  for (let row = 0; row < sizePx; row++) {
    const from = within(row + top, heightPx) * widthPx;
    for (let column = 0; column < sizePx; column++) {
      const at = 3 * (from + within(column + left, widthPx));
      data.set(image.data.subarray(at, at + 3), 3 * (row * sizePx + column));
    }
  }
  return { widthPx: sizePx, heightPx: sizePx, data };
}

function unitRows(data: Float32Array, width: number): Float32Array {
  const rows = data.slice();
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const length = Math.hypot(...row) || 1;
    row.forEach((value, at) => row[at] = value / length);
  }
  return rows;
}
