/** Part of a file that something lies in. */
interface Claim {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

/**
 * Who lies where in a file. Parts must not overlap, so that a small file cannot stand for a large
 * content.
 */
export class Claims {
  readonly #claims: Claim[] = [];
  #size = 0;

  /** A file of `length` bytes, called `file` in messages. */
  constructor(readonly length: number, readonly file: string) {}

  /** Claims bytes; throws `SyntaxError` where they do not lie inside the file. */
  take(start: number, size: number, what: string): void {
    if (!(start >= 0 && size >= 0 && start + size <= this.length)) {
      throw damaged(
        `${what} takes bytes ${start} to ${start + size} of ${this.file}, which has ${this.length}`,
      );
    }
    if (size === 0) return;
    this.#claims.push({ start, end: start + size, what });
    this.#size += size;
    if (this.#size > this.length) this.check();
  }

  /** Throws `SyntaxError` where two parts overlap. */
  check(): void {
    this.#claims.sort((a, b) => a.start - b.start);
    this.#claims.forEach((claim, index) => {
      const before = this.#claims[index - 1];
      if (!before || before.end <= claim.start) return;
      throw damaged(
        `${claim.what} (from byte ${claim.start}) overlaps ${before.what} ` +
          `(to byte ${before.end}) in ${this.file}`,
      );
    });
  }
}

/** The error for a file that cannot be read. */
export function damaged(reason: string): SyntaxError {
  return new SyntaxError(`The checkpoint is damaged: ${reason}`);
}

/** A name as messages show it, not longer than a line. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}
