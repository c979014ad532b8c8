import type { FeatureRows, LabelledRows } from "./rows.ts";

/** A classifier of features. */
export interface FeatureClassifier {
  /** Names of the classes, where the features had them. */
  readonly classes: readonly string[] | undefined;
  /** Number of classes. */
  readonly classCount: number;
  /** The class index of every row. */
  predict(rows: FeatureRows): Promise<Int32Array>;
  /** The probability of every class for every row, `[N, classes]`, row-major. */
  probabilities(rows: FeatureRows): Promise<Float32Array>;
  /** The share of the rows of known class that are classified rightly. */
  score(rows: LabelledRows): Promise<number>;
}

/** A classifier by the probabilities it gives; of equal ones the first counts. */
export function classifierBy(
  { classes, classCount }: Pick<FeatureClassifier, "classes" | "classCount">,
  probabilities: (rows: FeatureRows) => Promise<Float32Array>,
): FeatureClassifier {
  const predict = async (rows: FeatureRows) => {
    const all = await probabilities(rows);
    return Int32Array.from({ length: all.length / classCount }, (_, row) => {
      let best = 0;
      for (let c = 1; c < classCount; c++) {
        if (all[row * classCount + c]! > all[row * classCount + best]!) best = c;
      }
      return best;
    });
  };
  return {
    classes,
    classCount,
    predict,
    probabilities,
    score: async (rows) => {
      const found = await predict(rows);
      let known = 0;
      let right = 0;
      for (let row = 0; row < found.length; row++) {
        if (!(rows.targets[row]! >= 0)) continue;
        known++;
        if (found[row] === rows.targets[row]) right++;
      }
      if (known === 0) throw new RangeError("score(): none of the rows has a known class");
      return right / known;
    },
  };
}
