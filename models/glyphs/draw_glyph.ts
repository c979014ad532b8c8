import type { Image } from "../../src/tensor/dataset.ts";
import { type Rng, rng } from "../../src/tensor/rng.ts";
import { blur, noise, paintBackground } from "./canvas.ts";
import { coverage, type Segment } from "./coverage.ts";
import { type Point, type Stroke, strokesOf } from "./strokes.ts";

/** How a glyph is drawn. */
export interface DrawGlyphOptions {
  /** Seed; the same character with the same seed is the same picture. */
  readonly seed: number;
  /** Which picture of that seed. @default {0} */
  readonly index?: number;
  /** Height and width, in pixels. @default {32} */
  readonly sizePx?: number;
  /** White on black, without ground, strays, blur and noise. @default {false} */
  readonly plain?: boolean;
}

/**
 * Draws one letter or digit as if written with a pen and photographed carelessly: random pen,
 * handwriting, rotation, shear, perspective, size and place; a flat, shaded, striped or blotchy
 * ground; stray strokes, blur and noise. Throws `RangeError` where `character` is not known.
 */
export function drawGlyph(character: string, options: DrawGlyphOptions): Image {
  const { seed, index = 0, sizePx = 32 } = options;
  const random = rng(seed, "glyph", character, index);
  const shapes = strokesOf(character);
  const strokes = placed(shapes[random.integer(shapes.length)]!, random, sizePx);
  const drawPen = () => coverage(strokes, sizePx, between(random, 0.6, 1.9) * sizePx / 32);
  if (options.plain) {
    const mask = drawPen();
    return imageOf(
      Float32Array.from({ length: 3 * mask.length }, (_, i) => mask[Math.floor(i / 3)]!),
      sizePx,
    );
  }
  const ground = rgb(random);
  const ink = contrasting(ground, random);
  const pixels = paintBackground(sizePx, random, { ground, ink });
  if (random.uniform() < 0.35) {
    const thin = between(random, 0.3, 0.7) * sizePx / 32;
    paint(pixels, coverage(stray(random, sizePx), sizePx, thin), shade(ink, ground, 0.6));
  }
  paint(pixels, drawPen(), ink);
  blur(pixels, sizePx, random.uniform() < 0.6 ? between(random, 0, 0.9) : 0);
  noise(pixels, random, between(random, 0, 0.06));
  return imageOf(pixels, sizePx);
}

/** RGB floats as bytes. */
function imageOf(pixels: Float32Array, sizePx: number): Image {
  const byte = (value: number) => Math.min(Math.max(Math.round(value * 255), 0), 255);
  return { widthPx: sizePx, heightPx: sizePx, data: Uint8Array.from(pixels, byte) };
}

/** Line segments in pixels, after handwriting, rotation, shear, perspective, scale and shift. */
function placed(strokes: readonly Stroke[], random: Rng, sizePx: number): Segment[] {
  const angle = between(random, -0.32, 0.32);
  const shear = between(random, -0.25, 0.25);
  const width = between(random, 0.42, 0.78);
  const height = between(random, 0.58, 0.86);
  const tilt = [between(random, -0.3, 0.3), between(random, -0.3, 0.3)] as const;
  const shift = [between(random, -0.07, 0.07), between(random, -0.07, 0.07)] as const;
  const wave = waviness(random);
  const place = (point: Point): Point => {
    const [u, v] = wave(point);
    const x = (u - 0.5) * width + shear * (v - 0.5) * height;
    const y = (v - 0.5) * height;
    const far = 1 + tilt[0] * x + tilt[1] * y;
    const across = Math.cos(angle) * x - Math.sin(angle) * y;
    const down = Math.sin(angle) * x + Math.cos(angle) * y;
    return [(0.5 + shift[0] + across / far) * sizePx, (0.5 + shift[1] + down / far) * sizePx];
  };
  return strokes.flatMap((stroke) => segments(refined(stroke).map(place)));
}

/** A smooth random bending of the glyph's box, as between two people's handwriting. */
function waviness(random: Rng): (point: Point) => Point {
  const waves = Array.from({ length: 4 }, () => ({
    amount: between(random, -0.055, 0.055),
    phase: between(random, 0, 2 * Math.PI),
    pitch: between(random, 2, 5.5),
  }));
  const sum = (first: number, along: number, other: number) => {
    const [a, b] = [waves[first]!, waves[first + 1]!];
    return a.amount * Math.sin(a.pitch * along + a.phase) +
      b.amount * Math.sin(b.pitch * other + b.phase);
  };
  return ([x, y]) => [x + sum(0, y, x), y + sum(2, x, y)];
}

/** Long lines in several pieces, so that they can bend. */
function refined(stroke: Stroke): Point[] {
  return stroke.flatMap((point, index) => {
    const next = stroke[index + 1];
    if (!next) return [point];
    const pieces = Math.ceil(Math.hypot(next[0] - point[0], next[1] - point[1]) / 0.2);
    return Array.from({ length: pieces }, (_, piece): Point => {
      const t = piece / pieces;
      return [point[0] + t * (next[0] - point[0]), point[1] + t * (next[1] - point[1])];
    });
  });
}

/** One or two thin lines near an edge. */
function stray(random: Rng, sizePx: number): Segment[] {
  return Array.from({ length: 1 + random.integer(2) }, () => {
    const side = random.uniform() < 0.5
      ? between(random, -0.05, 0.14)
      : between(random, 0.86, 1.05);
    const from = between(random, 0, 1);
    const to = from + between(random, -0.6, 0.6);
    const bend = side + between(random, -0.1, 0.1);
    const ends = random.uniform() < 0.5 ? [from, side, to, bend] : [side, from, bend, to];
    return ends.map((end) => end * sizePx) as unknown as Segment;
  });
}

function segments(points: readonly Point[]): Segment[] {
  return points.slice(1).map((end, index) => [...points[index]!, ...end] as const);
}

function paint(pixels: Float32Array, mask: Float32Array, colour: readonly number[]): void {
  for (let i = 0; i < mask.length; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const at = 3 * i + channel;
      pixels[at]! += mask[i]! * (colour[channel]! - pixels[at]!);
    }
  }
}

/** A colour, most of them muted. */
function rgb(random: Rng): number[] {
  const grey = random.uniform();
  const saturation = between(random, 0.1, 0.7);
  return [0, 0, 0].map(() => grey + saturation * (random.uniform() - grey));
}

/** A colour that differs from `other` in brightness enough to be read. */
function contrasting(other: readonly number[], random: Rng): number[] {
  for (;;) {
    const colour = rgb(random);
    if (Math.abs(luminance(colour) - luminance(other)) > 0.4) return colour;
  }
}

function shade(a: readonly number[], b: readonly number[], share: number): number[] {
  return a.map((value, channel) => share * value + (1 - share) * b[channel]!);
}

function luminance([red, green, blue]: readonly number[]): number {
  return 0.3 * red! + 0.59 * green! + 0.11 * blue!;
}

function between(random: Rng, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}
