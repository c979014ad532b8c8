import { freeBytes, residentBytes } from "../../runtime/host_memory.ts";

/** The share of the host's free memory that a run may take. */
const SHARE = 0.6;
/** Growth from one size to the next that stands out from what else comes and goes in a process. */
const MEASURABLE_BYTES = 2 ** 26;

/** How the memory of this process grows with the size of a step. */
export class Growth {
  readonly #before = residentBytes();
  /** The last two measurements. */
  #smaller = { size: 0, bytes: 0 };
  #last = { size: 0, bytes: 0 };

  constructor(readonly budgetBytes: number) {}

  /** Growth within a share of the host's memory that is free now. */
  static async now(budgetBytes?: number): Promise<Growth> {
    return new Growth(budgetBytes ?? SHARE * await freeBytes());
  }

  /** Takes note of what the process has while a step of `size` examples holds its memory. */
  measure(size: number): void {
    this.add(size, residentBytes() - this.#before);
  }

  /** Takes note of the bytes that a step of `size` examples has taken; sizes come in rising order. */
  add(size: number, bytes: number): void {
    this.#smaller = this.#last;
    this.#last = { size, bytes: Math.max(bytes, this.#last.bytes) };
  }

  /**
   * The largest step that keeps to the budget, as far as it can be said: `undefined` where one twice as
   * large as the last is needed to tell, and keeps to it.
   */
  largest(): number | undefined {
    const { size, bytes } = this.#last;
    const more = bytes - this.#smaller.bytes;
    const perExample = more / (size - this.#smaller.size);
    if (bytes + size * perExample > this.budgetBytes) return size;
    if (this.#smaller.size === 0 || more < MEASURABLE_BYTES) return undefined;
    return size + (this.budgetBytes - bytes) / perExample;
  }
}
