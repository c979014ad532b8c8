import type { PictureDataset } from "../../src/data/picture_dataset.ts";
import { pictures } from "../../src/data/pictures.ts";
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
  /** White on black, without ground, strays, blur and noise. @default {false} */
  readonly plain?: boolean;
}

/**
 * A dataset of `perClass` pictures of every character, the classes in turn; see `drawGlyph`. The
 * first pictures are the same however many are drawn.
 */
export function drawnGlyphs(options: DrawnGlyphsOptions): PictureDataset {
  const { characters, perClass, seed, sizePx = 32, plain = false } = options;
  const items = Array.from({ length: perClass * characters.length }, (_, position) => {
    const target = position % characters.length;
    const character = characters[target]!;
    const index = Math.floor(position / characters.length);
    const image = drawGlyph(character, { seed, index, sizePx, plain });
    return { image, target, name: `${character}, drawing ${index}` };
  });
  return pictures(items, { classes: characters });
}
