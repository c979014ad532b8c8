/** A point, in units of the glyph's height; the glyph lies in 0…1 both ways, y downwards. */
export type Point = readonly [x: number, y: number];

/** The centre line of a pen stroke. */
export type Stroke = readonly Point[];

/**
 * How each character may be written. `M` lifts the pen to a point, `L` draws a line to one, `C` a
 * cubic Bézier curve (two control points and the end), all in hundredths of the glyph's box.
 */
const SHAPES: Readonly<Record<string, readonly string[]>> = {
  A: [
    "M10 100 L50 0 L90 100 M25 66 L75 66",
    "M12 100 C20 40 35 0 50 0 C65 0 80 40 88 100 M20 62 L80 62",
  ],
  B: ["M15 0 L15 100 M15 0 L50 0 C90 0 90 47 50 47 L15 47 M50 47 C98 47 98 100 50 100 L15 100"],
  C: [
    "M88 20 C70 -8 12 -8 12 50 C12 108 70 108 88 80",
    "M84 8 C40 -8 14 10 14 50 C14 90 40 108 84 92",
  ],
  D: ["M15 0 L15 100 M15 0 L40 0 C102 0 102 100 40 100 L15 100"],
  E: ["M85 0 L15 0 L15 100 L85 100 M15 48 L70 48", "M82 6 C20 -8 10 42 50 47 C0 52 10 112 86 94"],
  F: ["M85 0 L15 0 L15 100 M15 48 L70 48"],
  G: [
    "M88 20 C70 -8 12 -8 12 50 C12 108 88 108 88 60 L55 60",
    "M86 16 C60 -10 12 0 12 50 C12 100 60 108 86 90 L86 56 L56 56",
  ],
  H: ["M15 0 L15 100 M85 0 L85 100 M15 50 L85 50"],
  I: ["M50 0 L50 100", "M50 0 L50 100 M24 0 L76 0 M24 100 L76 100"],
  J: ["M70 0 L70 70 C70 110 18 110 16 72", "M70 0 L70 70 C70 110 18 110 16 72 M40 0 L98 0"],
  K: ["M15 0 L15 100 M85 0 L15 58 M38 42 L88 100", "M15 0 L15 100 M84 0 L18 50 L88 100"],
  L: ["M18 0 L18 100 L85 100"],
  M: ["M8 100 L16 0 L50 65 L84 0 L92 100", "M10 100 L10 0 L50 55 L90 0 L90 100"],
  N: ["M15 100 L15 0 L85 100 L85 0"],
  O: ["M50 0 C-8 0 -8 100 50 100 C108 100 108 0 50 0"],
  P: ["M15 100 L15 0 L50 0 C96 0 96 55 50 55 L15 55"],
  Q: ["M50 0 C-8 0 -8 100 50 100 C108 100 108 0 50 0 M58 68 L94 106"],
  R: ["M15 100 L15 0 L50 0 C94 0 94 52 50 52 L15 52 M50 52 L88 100"],
  S: ["M85 15 C65 -10 15 -5 15 25 C15 55 85 45 85 75 C85 106 30 106 12 82"],
  T: ["M8 0 L92 0 M50 0 L50 100"],
  U: [
    "M15 0 L15 60 C15 112 85 112 85 60 L85 0",
    "M15 0 L15 60 C15 112 85 112 85 60 L85 0 M85 50 L85 100",
  ],
  V: ["M10 0 L50 100 L90 0"],
  W: ["M5 0 L27 100 L50 30 L73 100 L95 0", "M6 0 C6 120 50 120 50 40 C50 120 94 120 94 0"],
  X: ["M12 0 L88 100 M88 0 L12 100"],
  Y: ["M10 0 L50 50 L90 0 M50 50 L50 100", "M12 0 L50 52 M90 0 L36 100"],
  Z: ["M12 0 L88 0 L12 100 L88 100", "M12 0 L88 0 L12 100 L88 100 M28 50 L74 50"],
  0: ["M50 0 C2 0 2 100 50 100 C98 100 98 0 50 0", "M56 0 C10 -6 -2 92 46 100 C92 106 98 6 56 0"],
  1: ["M30 22 L56 0 L56 100", "M30 22 L56 0 L56 100 M30 100 L82 100", "M56 0 L44 100"],
  2: [
    "M15 25 C18 -10 85 -10 83 28 C82 52 40 70 12 100 L88 100",
    "M14 20 C30 -10 88 -8 80 34 C72 60 40 84 24 94 C10 100 16 74 32 84 C50 96 70 106 90 92",
  ],
  3: [
    "M15 12 C40 -12 85 -2 80 25 C78 45 58 48 42 48 C62 48 88 52 86 76 C83 108 30 108 12 84",
    "M15 0 L82 0 L44 40 C70 38 90 54 87 74 C83 108 30 108 12 86",
  ],
  4: ["M64 100 L64 0 L10 70 L92 70", "M28 0 L16 56 L86 56 M68 20 L60 100"],
  5: ["M80 0 L25 0 L20 45 C45 30 88 38 86 70 C84 108 30 108 12 86"],
  6: [
    "M75 4 C30 10 12 50 15 72 C18 108 85 108 85 70 C85 38 30 38 16 68",
    "M62 0 C40 22 14 50 15 74 C18 108 82 108 82 74 C82 46 34 46 18 70",
  ],
  7: [
    "M12 0 L88 0 L40 100",
    "M12 0 L88 0 L40 100 M34 52 L80 52",
    "M12 14 L14 0 L86 0 C62 30 46 60 44 100",
  ],
  8: [
    "M50 47 C15 45 15 0 50 0 C85 0 85 45 50 47 C5 50 5 100 50 100 C95 100 95 50 50 47",
    "M82 12 C60 -12 14 -4 20 24 C26 48 84 52 84 78 C84 106 16 108 16 78 C16 52 74 46 82 12",
  ],
  9: [
    "M25 96 C70 90 88 50 85 28 C82 -8 15 -8 15 30 C15 62 70 62 84 32",
    "M80 100 L84 28 C82 -8 16 -8 16 30 C16 62 70 62 84 30",
  ],
};

/** Points that a curve is flattened to. */
const CURVE_POINTS = 12;

/** The characters that can be drawn: the letters A to Z and the digits. */
export const characters: readonly string[] = Object.keys(SHAPES).sort();

/** The ways to write `character`, each a list of strokes. Throws `RangeError` where it is not known. */
export function strokesOf(character: string): readonly (readonly Stroke[])[] {
  const shapes = SHAPES[character];
  if (shapes) return shapes.map(flattened);
  throw new RangeError(
    `No strokes are known for ${JSON.stringify(character)}: letters A to Z and digits can be drawn`,
  );
}

function flattened(shape: string): Stroke[] {
  const strokes: Point[][] = [];
  for (const [, command, rest] of shape.matchAll(/([MLC])([^MLC]+)/g)) {
    const numbers = rest!.trim().split(/\s+/).map((text) => Number(text) / 100);
    const points = numbers.flatMap((x, i) => i % 2 === 0 ? [[x, numbers[i + 1]!] as const] : []);
    if (command === "M") strokes.push([points[0]!]);
    else strokes.at(-1)!.push(...command === "L" ? points : curve(strokes.at(-1)!.at(-1)!, points));
  }
  return strokes;
}

/** Points on the cubic Bézier curve from `a`, its start left out. */
function curve(a: Point, [b, c, d]: readonly Point[]): Point[] {
  return Array.from({ length: CURVE_POINTS }, (_, index) => {
    const t = (index + 1) / CURVE_POINTS;
    const s = 1 - t;
    const weights = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
    const at = (axis: 0 | 1) =>
      [a, b!, c!, d!].reduce((sum, point, i) => sum + weights[i]! * point[axis], 0);
    return [at(0), at(1)];
  });
}
