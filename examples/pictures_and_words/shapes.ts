import { type Image, type Rng, rng } from "../../mod.ts";

/** A shape of one colour. */
export interface Shape {
  /** One of `COLOURS`. */
  readonly colour: string;
  /** One of `FORMS`. */
  readonly form: string;
}

const RGB: Readonly<Record<string, readonly [number, number, number]>> = {
  red: [220, 40, 40],
  green: [50, 190, 60],
  blue: [50, 80, 230],
  yellow: [235, 215, 50],
  white: [240, 240, 240],
};
/** Whether a place belongs to a form whose radius is 1, y downwards. */
const INSIDE: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  circle: (x, y) => Math.hypot(x, y) < 0.95,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.8,
  triangle: (x, y) => y < 0.75 && y > -0.95 && Math.abs(x) < (y + 0.95) * 0.55,
  cross: (x, y) =>
    Math.min(Math.abs(x), Math.abs(y)) < 0.28 && Math.max(Math.abs(x), Math.abs(y)) < 0.95,
  ring: (x, y) => Math.hypot(x, y) < 0.95 && Math.hypot(x, y) > 0.55,
};

/** The colours there are. */
export const COLOURS: readonly string[] = Object.keys(RGB);
/** The forms there are. */
export const FORMS: readonly string[] = Object.keys(INSIDE);
/** Every colour with every form. */
export const SHAPES: readonly Shape[] = COLOURS.flatMap((colour) =>
  FORMS.map((form) => ({ colour, form }))
);
/**
 * Shapes that no caption of the training names; the network knows both words from others. Neither
 * colour nor form alone tells them apart.
 */
export const UNSEEN: readonly Shape[] = [
  { colour: "red", form: "circle" },
  { colour: "red", form: "square" },
  { colour: "green", form: "square" },
  { colour: "green", form: "triangle" },
  { colour: "blue", form: "triangle" },
  { colour: "blue", form: "circle" },
];

/** What a shape is called. */
export function nameOf({ colour, form }: Shape): string {
  return `${colour} ${form}`;
}

/** The ways to say what is to be seen. */
export const CAPTIONS: readonly ((shape: Shape) => string)[] = [
  (shape) => `a ${nameOf(shape)}`,
  (shape) => `a picture of a ${nameOf(shape)}`,
  (shape) => `here is one ${nameOf(shape)}`,
  ({ colour, form }) => `a ${form} that is ${colour}`,
];

/** A shape of random size and place on a dark, grainy ground. */
export function drawShape(
  { colour, form }: Shape,
  { seed, index, sizePx = 32 }: {
    readonly seed: number;
    readonly index: number;
    readonly sizePx?: number;
  },
): Image {
  const random: Rng = rng("shape", seed, colour, form, index);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const radius = between(0.26, 0.42) * sizePx;
  const [x0, y0] = [between(0.43, 0.57) * sizePx, between(0.43, 0.57) * sizePx];
  const turn = between(-0.25, 0.25);
  const tint = RGB[colour]!.map((one) => one * between(0.8, 1.05));
  const ground = between(10, 70);
  const data = new Uint8Array(3 * sizePx * sizePx);
  for (let at = 0; at < sizePx * sizePx; at++) {
    const [x, y] = [
      (at % sizePx + 0.5 - x0) / radius,
      (Math.floor(at / sizePx) + 0.5 - y0) / radius,
    ];
    const isInk = INSIDE[form]!(
      Math.cos(turn) * x + Math.sin(turn) * y,
      Math.cos(turn) * y - Math.sin(turn) * x,
    );
    const grain = between(-14, 14);
    for (let c = 0; c < 3; c++) {
      const value = (isInk ? tint[c]! : ground) + grain;
      data[3 * at + c] = Math.min(Math.max(Math.round(value), 0), 255);
    }
  }
  return { widthPx: sizePx, heightPx: sizePx, data };
}
