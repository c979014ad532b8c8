import type { Dataset } from "../tensor/dataset.ts";
import { sha256 } from "../tensor/sha256.ts";
import { checkIndex } from "./picture_dataset.ts";
import { checkIndexed } from "../tensor/check_indexed.ts";

/** Draws of random changes for an index that comes again lie this far beyond those of its epochs. */
const DRAWS = 2 ** 20;

/**
 * The examples of `dataset` at `indices`, in that order; an index may come again, with other random
 * changes of its picture. Classes, targets and what was skipped come along. Throws `RangeError` for an
 * index that does not exist.
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
  checkIndexed("subset()", dataset);
  const kept = Array.from(indices);
  for (const index of kept) checkIndex(index, dataset.length);
  const repeats = repeatsOf(kept);
  const at = (place: number) => {
    checkIndex(place, kept.length);
    return kept[place]!;
  };
  return {
    length: kept.length,
    get: (place, epoch = 0) => dataset.get(at(place), epoch + (repeats?.[place] ?? 0) * DRAWS),
    ...(dataset.classes && { classes: dataset.classes }),
    ...(dataset.changing && { changing: true }),
    ...(dataset.target && { target: (place: number) => dataset.target!(at(place)) }),
    ...(dataset.source && { source: (place: number) => dataset.source!(at(place)) }),
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
        return kept.flatMap((index, place) =>
          index === example.index ? [{ ...example, index: place }] : []
        );
      });
    },
  };
}

/** How often each index came before; `undefined` where none comes again. */
function repeatsOf(kept: readonly number[]): number[] | undefined {
  const counts = new Map<number, number>();
  const repeats = kept.map((index) => {
    const before = counts.get(index) ?? 0;
    counts.set(index, before + 1);
    return before;
  });
  return counts.size === kept.length ? undefined : repeats;
}
