import type { Dataset } from "../../tensor/dataset.ts";

/**
 * The same data set, its content hashed once for all trials: `fit` asks for its fingerprint each time.
 */
export function remembering(dataset: Dataset): Dataset {
  let known: Promise<string | undefined> | undefined;
  const prepared = new Map<string, Dataset>();
  const { fingerprint, prepare, target, classes } = dataset;
  return {
    length: dataset.length,
    ...classes && { classes },
    get: (index, epoch) => dataset.get(index, epoch),
    ...target && { target: (index: number) => dataset.target!(index) },
    get skipped() {
      return dataset.skipped ?? [];
    },
    ...fingerprint && { fingerprint: () => known ??= dataset.fingerprint!() },
    ...prepare && {
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
}
