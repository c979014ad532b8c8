/** Places in the memory by which threads agree. */
export const NEXT = 0;
/** How many shares have been done since the start. */
export const DONE = 1;
/** Not 0 once a share has failed in a thread. */
export const FAILED = 2;

/** Shares of one piece of work: each has a number of its own, modulo 2^32. */
export interface Tickets {
  /** The number of the first share, an int32. */
  readonly first: number;
  /** How many there are. */
  readonly count: number;
}

/**
 * Does shares that nobody else has taken, until none is left. Work that others have long finished
 * has none, so that a thread that comes late does no harm.
 */
export function takeShares(
  control: Int32Array,
  { first, count }: Tickets,
  work: (share: number) => void,
): void {
  for (;;) {
    const next = Atomics.load(control, NEXT);
    const share = next - first | 0;
    if (share < 0 || share >= count) return;
    if (Atomics.compareExchange(control, NEXT, next, next + 1) !== next) continue;
    try {
      work(share);
    } catch (error) {
      Atomics.store(control, FAILED, 1);
      throw error;
    } finally {
      Atomics.add(control, DONE, 1);
      Atomics.notify(control, DONE);
    }
  }
}
