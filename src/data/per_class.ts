import type { Dataset } from "../tensor/dataset.ts";
import { show } from "../tensor/options.ts";
import { rng } from "../tensor/rng.ts";
import { indicesByClass, shuffled } from "./class_groups.ts";
import { subset } from "./subset.ts";

/**
 * `count` random examples of each class, in the order of the data set: for learning from a few shots.
 * Throws `RangeError` where a class has fewer, `TypeError` for data that do not tell their classes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { classCounts, perClass } from "@graft/graft";
 *
 * const target = (index: number) => index % 3;
 * const dataset = { length: 30, get: (index: number) => ({ target: target(index) }), target };
 * assertEquals(await classCounts(perClass(dataset, 5, 1)), [5, 5, 5]);
 * ```
 */
export function perClass(dataset: Dataset, count: number, seed = 0): Dataset {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`perClass(): the count must be a positive integer, found ${show(count)}`);
  }
  const random = rng(seed, "per class");
  const kept = indicesByClass(dataset, "perClass()").flatMap((group) => {
    if (group.length >= count) return shuffled(group, random).slice(0, count);
    const label = dataset.target!(group[0]!)!;
    throw new RangeError(
      `perClass(): class ${
        dataset.classes?.[label] ?? label
      } has ${group.length} examples, fewer ` +
        `than the ${count} asked for`,
    );
  });
  return subset(dataset, kept.sort((a, b) => a - b));
}
