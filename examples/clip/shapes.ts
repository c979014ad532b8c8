import { arrays, type Dataset, type Rng, rng, type Tensor } from "../../mod.ts";

/** Height and width of a picture, in pixels. */
export const SIZE_PX = 24;

const COLOURS = {
  red: [220, 50, 50],
  green: [50, 180, 70],
  blue: [60, 90, 230],
  yellow: [235, 210, 60],
};
/** Whether a point is in a shape, in units of its radius around its middle. */
const SHAPES: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.75) < 0.25,
  cross: (x, y) =>
    Math.min(Math.abs(x), Math.abs(y)) < 0.28 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  triangle: (x, y) => y < 0.8 && y > 2 * Math.abs(x) - 1,
};
const colours = Object.entries(COLOURS);
const forms = Object.entries(SHAPES);

/** "red square", "red ring", …: every colour with every shape. */
export const CAPTIONS: readonly string[] = colours.flatMap(([colour]) =>
  forms.map(([shape]) => `${colour} ${shape}`)
);
/** Places of the captions that are kept back: each colour and each shape once. */
export const HELD_OUT: readonly number[] = colours.map((_, index) => index * forms.length + index);
/** Places of the others. */
export const SEEN: readonly number[] = [...CAPTIONS.keys()].filter((one) =>
  !HELD_OUT.includes(one)
);
/** All words; the first fills up, the last ends a caption. */
export const WORDS: readonly string[] = ["", ...Object.keys(COLOURS), ...Object.keys(SHAPES), "."];

/** Which pictures to draw. */
export interface ShapesOptions {
  /** Places of their captions. */
  readonly labels: readonly number[];
  /** Pictures of each. */
  readonly perClass: number;
  /** Seed. */
  readonly seed: number;
  /** Whether each comes with its caption as tokens. @default {false} */
  readonly captions?: boolean;
}

/** Pictures of coloured shapes on noise; the classes are the captions of `labels`. */
export function shapes({ labels, perClass, seed, captions = false }: ShapesOptions): Dataset {
  const count = perClass * labels.length;
  const targets = Array.from({ length: count }, (_, index) => index % labels.length);
  const places = targets.map((target) => labels[target]!);
  const size = SIZE_PX ** 2 * 3;
  const pixels = new Uint8Array(count * size);
  places.forEach((label, index) => {
    draw(pixels.subarray(index * size, (index + 1) * size), label, rng(seed, "shape", index));
  });
  return arrays({
    images: { type: "uint8", dims: [count, SIZE_PX, SIZE_PX, 3], data: pixels },
    targets: { type: "int64", dims: [count], data: BigInt64Array.from(targets, BigInt) },
    classes: captionsOf(labels),
    ...(captions && { inputs: tokensOf(places) }),
  });
}

/** The captions at these places. */
export function captionsOf(labels: readonly number[]): string[] {
  return labels.map((label) => CAPTIONS[label]!);
}

/** The tokens of captions by their places: a colour, a shape and the end. */
export function tokensOf(labels: readonly number[]): Record<string, Tensor> {
  const ids = labels.flatMap((label) =>
    [...CAPTIONS[label]!.split(" "), "."].map((word) => BigInt(WORDS.indexOf(word)))
  );
  const dims = [labels.length, 3];
  return {
    input_ids: { type: "int64", dims, data: BigInt64Array.from(ids) },
    attention_mask: { type: "int64", dims, data: new BigInt64Array(ids.length).fill(1n) },
  };
}

function draw(pixels: Uint8Array, label: number, random: Rng): void {
  const [, colour] = colours[Math.floor(label / forms.length)]!;
  const [, isInside] = forms[label % forms.length]!;
  const radius = 6 + 4 * random.uniform();
  const [left, top] = [0, 1].map(() => radius + (SIZE_PX - 2 * radius) * random.uniform()) as [
    number,
    number,
  ];
  const light = 0.7 + 0.3 * random.uniform();
  const ground = 40 + 120 * random.uniform();
  for (let i = 0; i < SIZE_PX ** 2; i++) {
    const [x, y] = [(i % SIZE_PX - left) / radius, (Math.floor(i / SIZE_PX) - top) / radius];
    const inside = isInside(x, y);
    for (let channel = 0; channel < 3; channel++) {
      const value = (inside ? light * colour[channel]! : ground) + 15 * random.normal();
      pixels[3 * i + channel] = Math.max(0, Math.min(255, value));
    }
  }
}
