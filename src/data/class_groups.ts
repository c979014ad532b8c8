import type { Dataset } from "../tensor/dataset.ts";
import { permutation, type Rng } from "../tensor/rng.ts";

/** The indices of each class, classes in order. Throws `TypeError` where the data do not tell them. */
export function indicesByClass(dataset: Dataset, what: string, advice = ""): number[][] {
  if (dataset.target === undefined) {
    throw new TypeError(`${what} needs a data set with target(index)${advice}`);
  }
  return indicesBy(dataset.length, (index) => dataset.target!(index) ?? -1)
    .sort(([a], [b]) => a - b).map(([, indices]) => indices);
}

/** The indices of each key, keys as they first come. */
export function indicesBy<Key>(length: number, keyOf: (index: number) => Key): [Key, number[]][] {
  const groups = new Map<Key, number[]>();
  for (let index = 0; index < length; index++) {
    const key = keyOf(index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return [...groups];
}

/** The elements of a list in random order. */
export function shuffled<T>(list: readonly T[], random: Rng): T[] {
  return Array.from(permutation(list.length, random), (at) => list[at]!);
}
