import type { Dataset } from "../../tensor/dataset.ts";

/**
 * The same data set, its content hashed once for all trials: `fit` asks for its fingerprint each time.
 * Whatever else it has is there as before.
 */
export function remembering(dataset: Dataset): Dataset {
  let known: Promise<string | undefined> | undefined;
  const prepared = new Map<string, Dataset>();
  const own: Pick<Dataset, "fingerprint" | "prepare"> = {
    ...dataset.fingerprint && { fingerprint: () => known ??= dataset.fingerprint!() },
    ...dataset.prepare && {
      prepare: (options) => {
        // Transforms of one's own have no name to be known again by.
        if (Array.isArray(options.augment)) return dataset.prepare!(options);
        const key = JSON.stringify(options);
        const before = prepared.get(key) ?? remembering(dataset.prepare!(options));
        prepared.set(key, before);
        return before;
      },
    },
  };
  return new Proxy(dataset, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
