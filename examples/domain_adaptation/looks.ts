import { type Dataset, type Image, pictures, rng } from "../../mod.ts";
import { drawGlyph } from "../../models/glyphs/draw_glyph.ts";

const DIGITS = [..."0123456789"];
const SIZE_PX = 32;

/** Which pictures to draw. */
export interface LooksOptions {
  /** Pictures of each digit. */
  readonly perClass: number;
  /** Seed; different seeds give different pictures. */
  readonly seed: number;
}

/** Digits in white on black, as MNIST has them. */
export function whiteOnBlack({ perClass, seed }: LooksOptions): Dataset {
  return digits(perClass, (digit, index) => plain(digit, index, seed));
}

/**
 * The same kind of digits before a coloured, wavy, grainy ground: each pixel is the distance between
 * ground and ink, as in MNIST-M (Ganin and Lempitsky 2015), where photographs are the ground.
 */
export function overColour({ perClass, seed }: LooksOptions): Dataset {
  return digits(
    perClass,
    (digit, index) => blended(plain(digit, index, seed), [seed, digit, index]),
  );
}

function digits(perClass: number, draw: (digit: string, index: number) => Image): Dataset {
  const items = Array.from({ length: perClass * DIGITS.length }, (_, at) => {
    const target = at % DIGITS.length;
    return { image: draw(DIGITS[target]!, Math.floor(at / DIGITS.length)), target };
  });
  return pictures(items, { classes: DIGITS });
}

function plain(digit: string, index: number, seed: number): Image {
  return drawGlyph(digit, { seed, index, sizePx: SIZE_PX, plain: true });
}

function blended(image: Image, key: readonly (string | number)[]): Image {
  const random = rng("ground", ...key);
  const colour = [0, 0, 0].map(() => random.uniform());
  const [across, down] = [2 + 6 * random.uniform(), 2 + 6 * random.uniform()];
  const phase = 2 * Math.PI * random.uniform();
  const [waves, grain] = [0.25 * random.uniform(), 0.1 * random.uniform()];
  const data = Uint8Array.from(image.data, (ink, at) => {
    const place = Math.floor(at / 3);
    const x = place % image.widthPx / image.widthPx;
    const y = Math.floor(place / image.widthPx) / image.heightPx;
    const ground = colour[at % 3]! + waves * Math.sin(across * x + down * y + phase) +
      grain * (2 * random.uniform() - 1);
    return Math.min(Math.max(Math.round(255 * Math.abs(ground - ink / 255)), 0), 255);
  });
  return { ...image, data };
}
