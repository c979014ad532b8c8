/** How numbers are distributed. */
export interface Histogram {
  /** The least number. */
  readonly least: number;
  /** The greatest number. */
  readonly greatest: number;
  /** How many there are. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;
  /** The sum of their squares. */
  readonly sumOfSquares: number;
  /** Upper ends of the bins, rising. */
  readonly upTo: readonly number[];
  /** Numbers in each bin. */
  readonly counts: readonly number[];
}

const BINS = 64;

/** The distribution of some numbers over bins of one width; what is not finite does not count. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  let [least, greatest, count, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    count++;
    sum += value;
    sumOfSquares += value * value;
  }
  if (count === 0) {
    return { least: 0, greatest: 0, count, sum, sumOfSquares, upTo: [0], counts: [0] };
  }
  const bins = greatest > least ? BINS : 1;
  const counts = new Array<number>(bins).fill(0);
  const perUnit = bins === 1 ? 0 : bins / (greatest - least);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    counts[Math.min(bins - 1, Math.floor((values[i]! - least) * perUnit))]!++;
  }
  const upTo = counts.map((_, bin) =>
    bin === bins - 1 ? greatest : least + (bin + 1) * (greatest - least) / bins
  );
  return { least, greatest, count, sum, sumOfSquares, upTo, counts };
}
