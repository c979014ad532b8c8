import { type Image, type Rng, rng } from "../../mod.ts";
import { noise, paintBackground } from "../../models/glyphs/canvas.ts";
import { coverage, type Segment } from "../../models/glyphs/coverage.ts";
import { strokesOf } from "../../models/glyphs/strokes.ts";
import { overlap, type Thing } from "./boxes.ts";

/** Which scene. */
export interface DrawSceneOptions {
  /** Seed of all scenes. */
  readonly seed: number;
  /** Which of them. */
  readonly index: number;
  /** Height and width, in pixels. */
  readonly sizePx: number;
  /** The characters that may stand in it; their places are the classes. */
  readonly characters: readonly string[];
}

/** A picture and what is in it. */
export interface Scene {
  /** The picture. */
  readonly image: Image;
  /** Where each thing is. */
  readonly things: readonly Thing[];
}

/** A picture with one to four characters, nowhere over each other, each in an ink of its own. */
export function drawScene({ seed, index, sizePx, characters }: DrawSceneOptions): Scene {
  const random = rng(seed, "scene", index);
  const isDark = random.uniform() < 0.5;
  const colour = (dark: boolean) =>
    [0, 0, 0].map(() => dark ? 0.35 * random.uniform() : 0.65 + 0.35 * random.uniform());
  const pixels = paintBackground(sizePx, random, { ground: colour(isDark), ink: colour(!isDark) });
  const things: Thing[] = [];
  for (
    let wanted = 1 + random.integer(4), tries = 0;
    wanted > things.length && tries < 20;
    tries++
  ) {
    const label = random.integer(characters.length);
    const { segments, pen } = written(characters[label]!, random, sizePx);
    const thing = { label, ...boundsOf(segments, pen) };
    const isInside = thing.left >= 0 && thing.top >= 0 && thing.right <= sizePx &&
      thing.bottom <= sizePx;
    if (!isInside || things.some((other) => overlap(other, thing) > 0)) continue;
    const ink = colour(!isDark);
    coverage(segments, sizePx, pen).forEach((share, at) => {
      for (let channel = 0; channel < 3; channel++) {
        pixels[3 * at + channel]! += share * (ink[channel]! - pixels[3 * at + channel]!);
      }
    });
    things.push(thing);
  }
  noise(pixels, random, 0.03);
  const data = Uint8Array.from(
    pixels,
    (value) => Math.min(Math.max(Math.round(value * 255), 0), 255),
  );
  return { image: { widthPx: sizePx, heightPx: sizePx, data }, things };
}

/** A character somewhere in the picture, turned and stretched a little, in pixels. */
function written(character: string, random: Rng, sizePx: number) {
  const shapes = strokesOf(character);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const height = between(17, 29);
  const width = height * between(0.6, 0.95);
  const [x0, y0] = [between(0.1, 0.9) * sizePx, between(0.1, 0.9) * sizePx];
  const angle = between(-0.25, 0.25);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const segments = shapes[random.integer(shapes.length)]!.flatMap((stroke) => {
    const placed = stroke.map(([u, v]) => {
      const [x, y] = [(u - 0.5) * width, (v - 0.5) * height];
      return [x0 + cosine * x - sine * y, y0 + sine * x + cosine * y] as const;
    });
    return placed.slice(1).map((end, at): Segment => [...placed[at]!, ...end]);
  });
  return { segments, pen: between(0.8, 1.7) };
}

function boundsOf(segments: readonly Segment[], pen: number) {
  const across = segments.flatMap(([x0, , x1]) => [x0, x1]);
  const down = segments.flatMap(([, y0, , y1]) => [y0, y1]);
  return {
    left: Math.min(...across) - pen,
    top: Math.min(...down) - pen,
    right: Math.max(...across) + pen,
    bottom: Math.max(...down) + pen,
  };
}
