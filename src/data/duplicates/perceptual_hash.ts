import type { Picture } from "../picture.ts";
import { UnreadableImageError } from "../unreadable_image_error.ts";

/** 64 bits, in two halves, that are alike for pictures that look alike. */
export type PerceptualHash = readonly [high: number, low: number];

/** How a hash is made of a picture. */
export type HashName = "dHash" | "pHash";

/** Pictures with less spread of grey levels than this have no look to compare. */
const FLAT = 2;

/** The hash of a picture; `undefined` where it is all of one grey. */
export async function perceptualHash(
  picture: Picture,
  name: HashName,
): Promise<PerceptualHash | undefined> {
  const [width, height] = name === "dHash" ? [9, 8] as const : [SIDE, SIDE] as const;
  const greys = await shrunk(picture, width, height);
  if (deviation(greys) < FLAT) return undefined;
  return name === "dHash" ? differenceHash(greys) : cosineHash(greys);
}

/** Whether each of 9×8 greys is less than the one to its right (Krawetz 2013, "Kind of Like That"). */
function differenceHash(greys: Float64Array): PerceptualHash {
  return packed(Array.from({ length: 64 }, (_, bit) => {
    const at = Math.floor(bit / 8) * 9 + bit % 8;
    return greys[at]! < greys[at + 1]!;
  }));
}

const SIDE = 32;
const WAVES = 8;

/** cos(π·(2x + 1)·u / 2N) for the lowest frequencies u. */
const COSINES = Float64Array.from(
  { length: WAVES * SIDE },
  (_, i) => Math.cos(Math.PI * (2 * (i % SIDE) + 1) * Math.floor(i / SIDE) / (2 * SIDE)),
);

/** Whether each of the 8×8 lowest cosine waves of 32×32 greys is above their median (Zauner 2010). */
function cosineHash(greys: Float64Array): PerceptualHash {
  const waves = new Float64Array(WAVES * WAVES);
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u < WAVES; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += greys[y * SIDE + x]! * COSINES[u * SIDE + x]!;
      for (let v = 0; v < WAVES; v++) waves[v * WAVES + u]! += sum * COSINES[v * SIDE + y]!;
    }
  }
  const sorted = waves.toSorted();
  const median = (sorted[31]! + sorted[32]!) / 2;
  return packed(Array.from(waves, (wave) => wave > median));
}

function packed(bits: readonly boolean[]): PerceptualHash {
  const half = (from: number) =>
    bits.slice(from, from + 32).reduce((word, bit) => word << 1 | Number(bit), 0);
  return [half(0), half(32)];
}

/** In how many of their 64 bits two hashes differ. */
export function hammingDistance(a: PerceptualHash, b: PerceptualHash): number {
  return ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);
}

function ones(word: number): number {
  let sum = word - (word >>> 1 & 0x55555555);
  sum = (sum & 0x33333333) + (sum >>> 2 & 0x33333333);
  return Math.imul(sum + (sum >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

async function shrunk(picture: Picture, width: number, height: number): Promise<Float64Array> {
  try {
    const pipeline = (await picture.open()).resize({
      width,
      height,
      fit: "fill",
      kernel: "linear",
    });
    const { data, info } = await pipeline.toColourspace("srgb").removeAlpha().raw()
      .toBuffer({ resolveWithObject: true });
    return Float64Array.from({ length: width * height }, (_, i) => {
      const at = i * info.channels;
      if (info.channels < 3) return data[at]!;
      return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    });
  } catch (error) {
    throw new UnreadableImageError(picture.name, error);
  }
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}
