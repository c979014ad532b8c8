import type { Image, Preprocessing } from "../tensor/dataset.ts";
import type { Window } from "./geometry.ts";

/** A resampling filter: how far it reaches, and its weight at a distance, in pixels of the coarser side. */
interface Filter {
  readonly reach: number;
  weight(distance: number): number;
}

/** A filter of reach 0 takes the nearest pixel. */
const FILTERS: Record<Preprocessing["interpolation"], Filter> = {
  nearest: { reach: 0, weight: () => 1 },
  bilinear: { reach: 1, weight: (x) => 1 - Math.abs(x) },
  bicubic: { reach: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { reach: 3, weight: (x) => sinc(x) * sinc(x / 3) },
};

/** Which pixels make up each pixel of the result along one axis, and their weights, `taps` each. */
interface Taps {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/**
 * What a window shows of an image in memory, by separable filters: columns, then rows, 8 bits
 * between, as PIL's `resize` works. Meant for small pictures that are enlarged: sharp moves these
 * by half a pixel and takes longer to start than this takes in all.
 */
export function resample(
  image: Image,
  { resized, kept }: Window,
  interpolation: Preprocessing["interpolation"],
): Image {
  const filter = FILTERS[interpolation];
  const across = tapsOf(filter, image.widthPx, resized.widthPx, kept.leftPx, kept.widthPx);
  const down = tapsOf(filter, image.heightPx, resized.heightPx, kept.topPx, kept.heightPx);
  const { widthPx, heightPx } = kept;
  const narrowed = alongRows(image, across, widthPx);
  const data = new Uint8ClampedArray(widthPx * heightPx * 3);
  const row = new Float32Array(widthPx * 3);
  for (let y = 0; y < heightPx; y++) {
    row.fill(0);
    for (let tap = 0; tap < down.taps; tap++) {
      const weight = down.weights[y * down.taps + tap]!;
      if (weight === 0) continue;
      const from = (down.first[y]! + tap) * row.length;
      for (let i = 0; i < row.length; i++) row[i]! += weight * narrowed[from + i]!;
    }
    data.set(row, y * row.length);
  }
  return { widthPx, heightPx, data: new Uint8Array(data.buffer) };
}

function alongRows(
  image: Image,
  { taps, first, weights }: Taps,
  widthPx: number,
): Uint8ClampedArray {
  const { data, heightPx } = image;
  const result = new Uint8ClampedArray(widthPx * heightPx * 3);
  for (let y = 0, to = 0; y < heightPx; y++) {
    const start = y * image.widthPx;
    for (let x = 0; x < widthPx; x++, to += 3) {
      let red = 0, green = 0, blue = 0;
      for (let tap = 0, at = (start + first[x]!) * 3; tap < taps; tap++, at += 3) {
        const weight = weights[x * taps + tap]!;
        if (weight === 0) continue;
        red += weight * data[at]!;
        green += weight * data[at + 1]!;
        blue += weight * data[at + 2]!;
      }
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
    }
  }
  return result;
}

/** The taps for `count` pixels from `from` on, of an axis that goes from `size` to `resized` pixels. */
function tapsOf(filter: Filter, size: number, resized: number, from: number, count: number): Taps {
  const scale = size / resized;
  // A picture made smaller is averaged over all that each pixel covers.
  const stretch = Math.max(scale, 1);
  const reach = filter.reach * stretch;
  const taps = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(count);
  const weights = new Float32Array(count * taps);
  for (let i = 0; i < count; i++) {
    const centre = (from + i + 0.5) * scale;
    const low = reach === 0 ? Math.floor(centre) : Math.max(0, Math.floor(centre - reach + 0.5));
    const high = reach === 0 ? low + 1 : Math.min(size, Math.floor(centre + reach + 0.5));
    first[i] = low;
    let sum = 0;
    for (let at = low; at < high; at++) {
      const distance = (at + 0.5 - centre) / stretch;
      const weight = Math.abs(distance) < filter.reach || reach === 0 ? filter.weight(distance) : 0;
      weights[i * taps + at - low] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < high - low; tap++) weights[i * taps + tap]! /= sum;
  }
  return { taps, first, weights };
}

/** Keys' cubic convolution, a = -0.5 (Catmull-Rom). */
function cubic(x: number): number {
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
