import type { Image } from "../../src/tensor/dataset.ts";

/** A smooth picture by formula, the same in the program that made the golden values. */
export function waves(widthPx: number, heightPx: number): Image {
  const data = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0, to = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      for (let c = 0; c < 3; c++) {
        data[to++] = Math.floor(128 + 100 * Math.sin(x / 5 + c) * Math.cos(y / 7 - c));
      }
    }
  }
  return { widthPx, heightPx, data };
}

/** Colours of the quarters of `quarters`, as they are read: left to right, top to bottom. */
export const QUARTERS = [[220, 30, 40], [30, 200, 60], [40, 60, 210], [230, 220, 50]] as const;

/** A picture of four coloured quarters. */
export function quarters(widthPx: number, heightPx: number): Image {
  const data = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const quarter = (2 * y >= heightPx ? 2 : 0) + (2 * x >= widthPx ? 1 : 0);
      data.set(QUARTERS[quarter]!, (y * widthPx + x) * 3);
    }
  }
  return { widthPx, heightPx, data };
}

/** The colour at a place. */
export function colourAt({ widthPx, data }: Image, x: number, y: number): number[] {
  return [...data.subarray((y * widthPx + x) * 3, (y * widthPx + x) * 3 + 3)];
}

/** The colours in the middle of the four quarters. */
export function quarterColours(image: Image): number[][] {
  const [left, right] = [image.widthPx >> 2, image.widthPx * 3 >> 2];
  const [top, bottom] = [image.heightPx >> 2, image.heightPx * 3 >> 2];
  return [[left, top], [right, top], [left, bottom], [right, bottom]]
    .map(([x, y]) => colourAt(image, x!, y!));
}

/** The mean and greatest distance between bytes. */
export function distance(a: Uint8Array, b: Uint8Array): { mean: number; most: number } {
  if (a.length !== b.length) return { mean: Infinity, most: Infinity };
  let sum = 0;
  let most = 0;
  a.forEach((value, i) => {
    sum += Math.abs(value - b[i]!);
    most = Math.max(most, Math.abs(value - b[i]!));
  });
  return { mean: sum / a.length, most };
}

/** Bytes from base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
