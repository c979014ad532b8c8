import type { Dataset } from "../tensor/dataset.ts";
import { targetsOf } from "../tensor/targets.ts";

/**
 * How many examples each class has, by class index. Examples are read only where the data set does not
 * tell their targets by itself; of several labels an example, `[C]` of 0 and 1, each counts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { classCounts } from "@graft/graft";
 *
 * const dataset = { length: 5, classes: ["ant", "bee", "cat"], get: (i: number) => ({ target: i % 2 }) };
 * assertEquals(await classCounts(dataset), [3, 2, 0]);
 * ```
 */
export async function classCounts(dataset: Dataset): Promise<number[]> {
  const counts: number[] = (dataset.classes ?? []).map(() => 0);
  const add = (label: number) => counts[label] = (counts[label] ?? 0) + 1;
  for await (const target of targetsOf(dataset, "classCounts()")) {
    if (typeof target === "number") add(target);
    else target?.data.forEach((share, label) => Number(share) > 0 && add(label));
  }
  return Array.from(counts, (count) => count ?? 0);
}
