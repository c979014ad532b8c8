import type { Image } from "../../src/tensor/dataset.ts";
import { drawGlyph } from "./draw_glyph.ts";

/** Which glyphs to draw. */
export interface DrawnGlyphsOptions {
  /** The characters, one class each. */
  readonly characters: readonly string[];
  /** Pictures of each. */
  readonly perClass: number;
  /** Seed; different seeds give different pictures. */
  readonly seed: number;
  /** Height and width, in pixels. @default {32} */
  readonly sizePx?: number;
}

/** Drawn pictures in memory. */
export interface DrawnGlyphs {
  /** The pictures, the classes in turn. */
  readonly images: readonly Image[];
  /** The class of each. */
  readonly targets: readonly number[];
  /** Names of the classes: the characters. */
  readonly classes: readonly string[];
}

/**
 * Draws `perClass` pictures of every character; see `drawGlyph`. The first pictures are the same
 * however many are drawn.
 */
export function drawnGlyphs(options: DrawnGlyphsOptions): DrawnGlyphs {
  const { characters, perClass, seed, sizePx = 32 } = options;
  const count = perClass * characters.length;
  const targets = Array.from({ length: count }, (_, index) => index % characters.length);
  const images = targets.map((target, index) =>
    drawGlyph(characters[target]!, {
      seed,
      index: Math.floor(index / characters.length),
      sizePx,
    })
  );
  return { images, targets, classes: characters };
}
