import type { Dataset } from "../../tensor/dataset.ts";

/** The first examples of a data set that is ready for a model, `count` at most. */
export function firstExamples(dataset: Dataset, count: number): Dataset {
  if (count >= dataset.length) return dataset;
  const { classes } = dataset;
  return {
    length: count,
    ...(classes && { classes }),
    get: (index, epoch) => dataset.get(index, epoch),
    ...(dataset.target && { target: (index: number) => dataset.target!(index) }),
    ...(dataset.fingerprint && {
      fingerprint: async () => {
        const whole = await dataset.fingerprint!();
        return whole && `${whole} first ${count}`;
      },
    }),
    get skipped() {
      return (dataset.skipped ?? []).filter(({ index }) => index === undefined || index < count);
    },
  };
}
