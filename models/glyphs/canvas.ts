import type { Rng } from "../../src/tensor/rng.ts";

/** Colours of a picture, RGB from 0 to 1. */
export interface Colours {
  /** The ground. */
  readonly ground: readonly number[];
  /** What is written on it. */
  readonly ink: readonly number[];
}

/** A share of the second ground colour at a place, 0 to 1; x and y run from 0 to 1. */
type Pattern = (x: number, y: number) => number;

/** A square ground of RGB floats `[sizePx, sizePx, 3]`: flat, shaded, striped, or blotchy. */
export function paintBackground(
  sizePx: number,
  random: Rng,
  { ground, ink }: Colours,
): Float32Array {
  const pattern = patterns[random.integer(patterns.length)]!(random);
  // The second colour stays nearer to the ground than to the ink, so that the glyph can be read.
  const tint = 0.15 + 0.2 * random.uniform();
  const second = ground.map((value, channel) =>
    value + tint * (ink[channel]! - value) + 0.25 * (random.uniform() - 0.5)
  );
  const pixels = new Float32Array(3 * sizePx * sizePx);
  for (let i = 0; i < sizePx * sizePx; i++) {
    const share = pattern((i % sizePx) / sizePx, Math.floor(i / sizePx) / sizePx);
    for (let channel = 0; channel < 3; channel++) {
      const value = ground[channel]!;
      pixels[3 * i + channel] = value + share * (second[channel]! - value);
    }
  }
  return pixels;
}

const patterns: readonly ((random: Rng) => Pattern)[] = [
  () => () => 0,
  (random) => {
    const along = direction(random);
    return (x, y) => Math.min(Math.max(0.5 + along(x - 0.5, y - 0.5), 0), 1);
  },
  (random) => {
    const along = direction(random);
    const pitch = 14 + 32 * random.uniform();
    const edge = 1 + 4 * random.uniform();
    return (x, y) => Math.min(Math.max(0.5 + edge * Math.sin(pitch * along(x, y)), 0), 1);
  },
  (random) => {
    const cells = 3 + random.integer(6);
    const grid = Float32Array.from({ length: (cells + 2) ** 2 }, () => random.uniform());
    return (x, y) => valueNoise(grid, cells, [x * cells, y * cells]);
  },
];

/** The coordinate along a random direction. */
function direction(random: Rng): Pattern {
  const angle = 2 * Math.PI * random.uniform();
  return (x, y) => Math.cos(angle) * x + Math.sin(angle) * y;
}

/** Random values on a grid, smoothly interpolated. */
function valueNoise(grid: Float32Array, cells: number, [x, y]: readonly [number, number]): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const ease = (t: number) => t * t * (3 - 2 * t);
  const [u, v] = [ease(x - column), ease(y - row)];
  const at = (right: number, down: number) => grid[(row + down) * (cells + 2) + column + right]!;
  return (1 - v) * ((1 - u) * at(0, 0) + u * at(1, 0)) + v * ((1 - u) * at(0, 1) + u * at(1, 1));
}

/** Blurs RGB floats in place by a 5-tap Gaussian of `sigma` pixels, one axis after the other. */
export function blur(pixels: Float32Array, sizePx: number, sigma: number): void {
  if (sigma < 0.2) return;
  const taps = [-2, -1, 0, 1, 2].map((offset) => Math.exp(-offset * offset / (2 * sigma * sigma)));
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const clamp = (place: number) => Math.min(Math.max(place, 0), sizePx - 1);
  for (const axis of ["row", "column"] as const) {
    const before = pixels.slice();
    for (let i = 0; i < pixels.length; i++) {
      const channel = i % 3;
      const column = (i - channel) / 3 % sizePx;
      const row = Math.floor(i / 3 / sizePx);
      let sum = 0;
      for (let tap = 0; tap < 5; tap++) {
        const [x, y] = axis === "row"
          ? [clamp(column + tap - 2), row]
          : [column, clamp(row + tap - 2)];
        sum += taps[tap]! * before[3 * (y * sizePx + x) + channel]!;
      }
      pixels[i] = sum / total;
    }
  }
}

/** Adds normal noise of standard deviation `amount`, most of it the same in all three channels. */
export function noise(pixels: Float32Array, random: Rng, amount: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = random.normal();
    for (let channel = 0; channel < 3; channel++) {
      pixels[i + channel]! += amount * (0.8 * grey + 0.6 * (2 * random.uniform() - 1));
    }
  }
}
