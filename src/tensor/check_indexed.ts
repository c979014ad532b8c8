import type { Dataset } from "./dataset.ts";

/** Throws `TypeError` for a stream, whose examples cannot be taken in any order. */
export function checkIndexed(what: string, { sequential }: Dataset): void {
  if (!sequential) return;
  throw new TypeError(
    `${what} needs examples that can be taken in any order, found a stream; do it where the stream ` +
      "comes from",
  );
}
