import type { Dataset } from "../tensor/dataset.ts";
import type { Rng } from "../tensor/rng.ts";
import { indicesBy, shuffled } from "./class_groups.ts";

/** What belongs together: a name for each example, or a function that gives it. */
export type Groups = readonly (string | number)[] | ((index: number) => string | number);

/**
 * Puts examples that belong together into the same of several parts, so that the parts come near to
 * their shares, of each class where `byClass`: the group that matters most first, each to the part that
 * it brings nearest (as scikit-learn's `StratifiedGroupKFold`). Gives the part of each example. Throws
 * `RangeError` where there are fewer groups than parts.
 */
export function assignGroups(
  dataset: Dataset,
  groups: Groups,
  { shares, byClass, random, what }: {
    readonly shares: readonly number[];
    readonly byClass: boolean;
    readonly random: Rng;
    readonly what: string;
  },
): Uint8Array | Uint16Array {
  if (typeof groups !== "function" && groups.length !== dataset.length) {
    throw new RangeError(
      `${what}: "groups" must name the group of each of the ${dataset.length} examples, found ` +
        `${groups.length} names`,
    );
  }
  const keyOf = typeof groups === "function" ? groups : (index: number) => groups[index]!;
  const members = shuffled(indicesBy(dataset.length, keyOf).map(([, group]) => group), random);
  if (members.length < shares.length) {
    throw new RangeError(
      `${what}: ${members.length} groups cannot be put into ${shares.length} parts`,
    );
  }
  const classOf = (index: number) => byClass ? dataset.target!(index) ?? -1 : 0;
  const totals = countsOf(Array.from({ length: dataset.length }, (_, index) => index), classOf);
  const filled = shares.map(() => new Map<number, number>());
  const parts = new Uint16Array(dataset.length);
  members.sort((a, b) => b.length - a.length).forEach((group, placed) => {
    const counts = countsOf(group, classOf);
    const isEmpty = filled.map((part) => part.size === 0);
    // Every part gets a group in the end.
    const mustFill = members.length - placed <= isEmpty.filter(Boolean).length;
    let best = -1, least = Infinity;
    shares.forEach((share, part) => {
      if (mustFill && !isEmpty[part]) return;
      let cost = 0;
      for (const [label, count] of counts) {
        const wanted = share * totals.get(label)!;
        const before = filled[part]!.get(label) ?? 0;
        cost += ((before + count - wanted) ** 2 - (before - wanted) ** 2) / totals.get(label)!;
      }
      if (cost < least) [best, least] = [part, cost];
    });
    for (const [label, count] of counts) {
      filled[best]!.set(label, (filled[best]!.get(label) ?? 0) + count);
    }
    for (const index of group) parts[index] = best;
  });
  return parts;
}

function countsOf(
  indices: readonly number[],
  classOf: (index: number) => number,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const index of indices) counts.set(classOf(index), (counts.get(classOf(index)) ?? 0) + 1);
  return counts;
}
