/** Arrays of fewer elements are one share: dividing them would cost more than it saves. */
const FEWEST_DIVIDED = 1 << 18;
/** More than there are threads, so that one that is held up leaves its part to the others. */
export const MOST_SHARES = 16;
/** Shares begin at multiples of this many elements, a line of the cache. */
const ALIGNED = 16;

/** A part of arrays that are walked together. */
export interface Share {
  /** Its first element. */
  readonly start: number;
  /** How many there are. */
  readonly count: number;
}

/**
 * Parts of arrays of `count` elements, in order. They do not depend on how many threads there are, and
 * so neither does a sum of their sums.
 */
export function sharesOf(count: number): Share[] {
  if (count < FEWEST_DIVIDED) return [{ start: 0, count }];
  const size = Math.ceil(count / MOST_SHARES / ALIGNED) * ALIGNED;
  return Array.from({ length: Math.ceil(count / size) }, (_, at) => ({
    start: at * size,
    count: Math.min(size, count - at * size),
  }));
}
