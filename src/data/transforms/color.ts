import type { Image } from "../../tensor/dataset.ts";

/** `image` with every value multiplied by `factor`, cut off at white (as PIL's `Brightness`). */
export function adjustBrightness(image: Image, factor: number): Image {
  return blendWith(image, 0, factor);
}

/** `image` with its distances from its mean grey multiplied by `factor` (as PIL's `Contrast`). */
export function adjustContrast(image: Image, factor: number): Image {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += luma(data[i]!, data[i + 1]!, data[i + 2]!);
  return blendWith(image, Math.floor(sum * 3 / data.length + 0.5), factor);
}

/** `image` with every colour's distance from its own grey multiplied by `factor` (as PIL's `Color`). */
export function adjustSaturation(image: Image, factor: number): Image {
  const { data } = image;
  const changed = new Uint8Array(data.length);
  const share = Math.fround(factor);
  for (let i = 0; i < data.length; i += 3) {
    const red = data[i]!, green = data[i + 1]!, blue = data[i + 2]!;
    const grey = luma(red, green, blue);
    changed[i] = blend(grey, red, share);
    changed[i + 1] = blend(grey, green, share);
    changed[i + 2] = blend(grey, blue, share);
  }
  return { ...image, data: changed };
}

/**
 * `image` with every hue turned by `turn`, a share of the colour circle, in the 8-bit HSV of PIL
 * (hexcone model, Smith 1978).
 */
export function adjustHue(image: Image, turn: number): Image {
  const { data } = image;
  const changed = new Uint8Array(data.length);
  const shift = Math.trunc(turn * 255);
  for (let i = 0; i < data.length; i += 3) {
    const red = data[i]!, green = data[i + 1]!, blue = data[i + 2]!;
    const most = Math.max(red, green, blue), least = Math.min(red, green, blue);
    if (most === least) {
      changed[i] = changed[i + 1] = changed[i + 2] = most;
      continue;
    }
    const spread = most - least;
    const sixths = most === red
      ? (green - blue) / spread
      : most === green
      ? 2 + (blue - red) / spread
      : 4 + (red - green) / spread;
    const hue = (Math.trunc((sixths / 6 + 1) % 1 * 255) + shift & 255) * 6 / 255;
    const saturation = Math.trunc(spread * 255 / most) / 255;
    const sector = Math.floor(hue);
    const within = hue - sector;
    const low = Math.round(most * (1 - saturation));
    const falling = Math.round(most * (1 - saturation * within));
    const rising = Math.round(most * (1 - saturation * (1 - within)));
    // Around the circle: which of red, green and blue is highest, moving or lowest.
    const at = sector % 6;
    changed[i] = at === 0 || at === 5 ? most : at === 1 ? falling : at === 4 ? rising : low;
    changed[i + 1] = at === 1 || at === 2 ? most : at === 3 ? falling : at === 0 ? rising : low;
    changed[i + 2] = at === 3 || at === 4 ? most : at === 5 ? falling : at === 2 ? rising : low;
  }
  return { ...image, data: changed };
}

/** `level` + factor · (value − `level`) for every value, by table. */
function blendWith(image: Image, level: number, factor: number): Image {
  const share = Math.fround(factor);
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(level, value, share));
  const { data } = image;
  const changed = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) changed[i] = table[data[i]!]!;
  return { ...image, data: changed };
}

/** ITU-R 601 luma in 16-bit fixed point, as PIL's conversion to "L". */
export function luma(red: number, green: number, blue: number): number {
  return red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16;
}

/**
 * From one level by `share`, a single-precision number, of the way to another: in single precision, cut
 * off to 0 … 255, the fraction dropped, as PIL's `blend`.
 */
export function blend(from: number, to: number, share: number): number {
  const value = Math.fround(from + Math.fround(share * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}
