import { sizeOf } from "../../tensor/shape.ts";

/**
 * How what a layer has at many places becomes one row an example: the mean over the places of
 * `[N, C, H, W]` or the tokens of `[N, T, D]`, the largest number, both one after the other, the first
 * token, or all as it is.
 */
export type Pooling = "average" | "max" | "both" | "cls" | "none";

/** The shape of one example after pooling. Throws `RangeError` where the pooling does not fit it. */
export function pooledShape(shape: readonly number[], pooling: Pooling): readonly number[] {
  if (pooling === "none" || shape.length < 2 && pooling !== "cls") return shape;
  if (pooling === "cls") {
    if (shape.length === 2) return [shape[1]!];
    throw new RangeError(
      `extractFeatures(): pooling "cls" takes the first token of [N, T, D], found [N,${shape}]`,
    );
  }
  const width = shape.length === 2 ? shape[1]! : shape[0]!;
  return [pooling === "both" ? 2 * width : width];
}

/** Pools `count` examples of `shape` into rows, by `pooledShape`. */
export function poolRows(
  data: Float32Array,
  { count, shape, pooling }: {
    readonly count: number;
    readonly shape: readonly number[];
    readonly pooling: Pooling;
  },
): Float32Array {
  if (pooling === "none" || shape.length < 2 && pooling !== "cls") return data.slice();
  const size = sizeOf(shape);
  const width = sizeOf(pooledShape(shape, pooling));
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const one = data.subarray(row * size, (row + 1) * size);
    const into = rows.subarray(row * width, (row + 1) * width);
    if (pooling === "cls") into.set(one.subarray(0, width));
    else poolOne(one, into, shape, pooling);
  }
  return rows;
}

/** Tokens lie one after the other, channels each in one piece. */
function poolOne(
  one: Float32Array,
  into: Float32Array,
  shape: readonly number[],
  pooling: "average" | "max" | "both",
): void {
  const areTokens = shape.length === 2;
  const width = areTokens ? shape[1]! : shape[0]!;
  const places = one.length / width;
  const [step, stride] = areTokens ? [width, 1] : [1, places];
  const largestAt = pooling === "both" ? width : 0;
  for (let channel = 0; channel < width; channel++) {
    let sum = 0;
    let largest = -Infinity;
    for (let place = 0; place < places; place++) {
      const number = one[channel * stride + place * step]!;
      sum += number;
      if (number > largest || Number.isNaN(number)) largest = number;
    }
    if (pooling !== "max") into[channel] = sum / places;
    if (pooling !== "average") into[largestAt + channel] = largest;
  }
}
