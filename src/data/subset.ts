import type { Dataset } from "../tensor/dataset.ts";
import { sha256 } from "../tensor/sha256.ts";
import { checkIndex } from "./picture_dataset.ts";

/**
 * The examples of `dataset` at `indices`, in that order; classes, targets, random changes and what
 * was skipped come along. Throws `RangeError` for an index that does not exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { subset } from "@graft/graft";
 *
 * const letters = { length: 3, get: (index: number) => ({ name: "abc"[index]! }) };
 * const part = subset(letters, [2, 0]);
 * assertEquals(part.length, 2);
 * assertEquals((await part.get(0))?.name, "c");
 * ```
 */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const kept = Array.from(indices);
  for (const index of kept) checkIndex(index, dataset.length);
  const places = new Map(kept.map((index, place) => [index, place]));
  const at = (place: number) => {
    checkIndex(place, kept.length);
    return kept[place]!;
  };
  return {
    length: kept.length,
    get: (place, epoch) => dataset.get(at(place), epoch),
    ...(dataset.classes && { classes: dataset.classes }),
    ...(dataset.target && { target: (place: number) => dataset.target!(at(place)) }),
    ...(dataset.fingerprint && {
      fingerprint: async () => {
        const whole = await dataset.fingerprint!();
        return whole && `${whole} at ${await sha256(kept.join())}`;
      },
    }),
    ...(dataset.prepare && { prepare: (options) => subset(dataset.prepare!(options), kept) }),
    get skipped() {
      return (dataset.skipped ?? []).flatMap((example) => {
        if (example.index === undefined) return [example];
        const place = places.get(example.index);
        return place === undefined ? [] : [{ ...example, index: place }];
      });
    },
  };
}
