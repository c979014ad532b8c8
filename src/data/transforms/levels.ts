import type { Image } from "../../tensor/dataset.ts";
import { luma } from "./color.ts";

/** Every value by a table of 256, the same for the three channels. */
function byTable(image: Image, of: (value: number) => number): Image {
  const table = Uint8Array.from({ length: 256 }, (_, value) => of(value));
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i++) data[i] = table[image.data[i]!]!;
  return { ...image, data };
}

/** Every channel by a table of its own, made of how often it has each value. */
function byChannel(image: Image, tableOf: (counts: Uint32Array) => ArrayLike<number>): Image {
  const data = new Uint8Array(image.data.length);
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Uint32Array(256);
    for (let i = channel; i < data.length; i += 3) counts[image.data[i]!]!++;
    const table = new Uint8ClampedArray(tableOf(counts));
    for (let i = channel; i < data.length; i += 3) data[i] = table[image.data[i]!]!;
  }
  return { ...image, data };
}

const unchanged = Uint8Array.from({ length: 256 }, (_, value) => value);

/** The negative. */
export function inverted(image: Image): Image {
  return byTable(image, (value) => 255 - value);
}

/** Values from `threshold` on inverted (as PIL's `solarize`). */
export function solarized(image: Image, threshold: number): Image {
  return byTable(image, (value) => value < threshold ? value : 255 - value);
}

/** Only the highest `bits` bits of every value kept (as PIL's `posterize`). */
export function posterized(image: Image, bits: number): Image {
  return byTable(image, (value) => value & ~(2 ** (8 - bits) - 1));
}

/** Every channel stretched from its least and greatest value to 0 and 255 (as PIL's `autocontrast`). */
export function autocontrasted(image: Image): Image {
  return byChannel(image, (counts) => {
    const least = counts.findIndex((count) => count > 0);
    const most = counts.findLastIndex((count) => count > 0);
    if (most <= least) return unchanged;
    const scale = 255 / (most - least);
    return unchanged.map((value) => byteOf(value * scale - least * scale));
  });
}

/** Every channel's values spread evenly by their counts (as PIL's `equalize`). */
export function equalized(image: Image): Image {
  return byChannel(image, (counts) => {
    const most = counts.findLastIndex((count) => count > 0);
    const step = Math.floor((image.data.length / 3 - counts[most]!) / 255);
    if (step === 0) return unchanged;
    let below = Math.floor(step / 2);
    return Array.from(counts, (count) => {
      const level = Math.floor(below / step);
      below += count;
      return level;
    });
  });
}

/** Greys of the same luma (as PIL's conversion to "L"). */
export function greyed(image: Image): Image {
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = data[i + 1] = data[i + 2] = luma(
      image.data[i]!,
      image.data[i + 1]!,
      image.data[i + 2]!,
    );
  }
  return { ...image, data };
}

function byteOf(value: number): number {
  return Math.min(255, Math.max(0, Math.trunc(value)));
}
