import { rng } from "../tensor/rng.ts";

/** Rounds of the power iteration; two directions of nearly one length may stay mixed, which no one sees. */
const ROUNDS = 50;

/**
 * The rows `[N, D]` along the two directions in which they vary most, `[N, 2]`: principal components by
 * power iteration. Where both go is chosen so that their greatest part is positive.
 */
export function principalComponents(data: Float32Array, count: number): Float32Array {
  const width = data.length / count;
  const rows = centred(data, count, width);
  const placed = new Float32Array(2 * count);
  const found: Float64Array[] = [];
  for (let component = 0; component < 2; component++) {
    const direction = mainDirection(rows, width, found);
    found.push(direction);
    rows.forEach((row, at) => placed[2 * at + component] = dot(row, direction));
  }
  return placed;
}

function centred(data: Float32Array, count: number, width: number): Float64Array[] {
  const mean = new Float64Array(width);
  for (let at = 0; at < data.length; at++) mean[at % width]! += data[at]! / count;
  return Array.from(
    { length: count },
    (_, row) => Float64Array.from(mean, (one, column) => data[row * width + column]! - one),
  );
}

/** The direction of greatest variance at right angles to those found. */
function mainDirection(
  rows: readonly Float64Array[],
  width: number,
  found: readonly Float64Array[],
): Float64Array {
  const random = rng("principal components", found.length);
  let direction = Float64Array.from({ length: width }, () => random.normal());
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(width);
    for (const row of rows) {
      const along = dot(row, direction);
      for (let i = 0; i < width; i++) next[i]! += along * row[i]!;
    }
    for (const other of found) {
      const along = dot(next, other);
      for (let i = 0; i < width; i++) next[i]! -= along * other[i]!;
    }
    const length = Math.sqrt(dot(next, next));
    if (length === 0) return next;
    direction = next.map((one) => one / length);
  }
  const greatest = direction.reduce((best, one) => Math.abs(one) > Math.abs(best) ? one : best, 0);
  return greatest < 0 ? direction.map((one) => -one) : direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
