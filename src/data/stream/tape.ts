/** Where a stream comes from: something that is gone through once, or a function that starts it anew. */
export type StreamSource<Item> = AsyncIterable<Item> | ((pass: number) => AsyncIterable<Item>);

/** Items that are kept for a while after they came by. */
const KEPT = 256;
/** Items at the beginning that are kept for good: their shapes are looked at before training. */
const HEAD = 4;

/** The items of a stream by position, over all its passes; going back starts it anew. */
export class Tape<Item> {
  readonly #kept = new Map<number, Promise<Item>>();
  #iterator: AsyncIterator<Item> | undefined;
  #pass = 0;
  #inPass = 0;
  #next = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(readonly source: StreamSource<Item>) {}

  /**
   * The item at a position. Items before it that were never asked for are passed over. Throws
   * `RangeError` where the stream ends before, or would have to go back, and cannot be started anew.
   */
  at(position: number): Promise<Item> {
    const known = this.#kept.get(position);
    if (known) return known;
    // One after the other: a stream has one place at a time.
    const item = this.#tail.then(() => this.#seek(position));
    this.#tail = item.catch(() => {});
    this.#kept.set(position, item);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      if (old >= HEAD) this.#kept.delete(old);
    }
    return item;
  }

  async #seek(position: number): Promise<Item> {
    if (position < this.#next) await this.#rewind(position);
    while (true) {
      const item = await this.#pull();
      if (this.#next++ === position) return item;
    }
  }

  async #rewind(position: number): Promise<void> {
    if (typeof this.source !== "function") {
      throw new RangeError(
        `The stream is past its example ${position} and cannot go back: give a function that starts ` +
          "it anew, as stream(() => …)",
      );
    }
    await this.#iterator?.return?.();
    this.#iterator = undefined;
    this.#pass = 0;
    this.#inPass = 0;
    this.#next = 0;
  }

  async #pull(): Promise<Item> {
    while (true) {
      this.#iterator ??= this.#start();
      const { done, value } = await this.#iterator.next();
      if (!done) {
        this.#inPass++;
        return value;
      }
      this.#ended();
    }
  }

  #start(): AsyncIterator<Item> {
    const { source } = this;
    const items = typeof source === "function" ? source(this.#pass) : source;
    return items[Symbol.asyncIterator]();
  }

  /** Goes on with the next pass. */
  #ended(): void {
    if (typeof this.source !== "function") {
      throw new RangeError(
        `The stream ended after ${this.#next} examples, but more are needed: take fewer epochs or ` +
          "steps, or give a function that starts it anew, as stream(() => …)",
      );
    }
    if (this.#inPass === 0) throw new RangeError("The stream has no examples");
    this.#iterator = undefined;
    this.#inPass = 0;
    this.#pass++;
  }
}
