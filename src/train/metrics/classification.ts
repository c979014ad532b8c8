/** Precision, recall and their harmonic mean; each 0 where it would be 0/0, as scikit-learn has it. */
export interface Scores {
  /** Share of the answers that are right. */
  readonly precision: number;
  /** Share of the class that is found. */
  readonly recall: number;
  /** 2·precision·recall / (precision + recall). */
  readonly f1: number;
}

/** The scores of one class. */
export interface ClassScores extends Scores {
  /** Label of the class. */
  readonly label: string;
  /** Examples of the class. */
  readonly support: number;
}

/** Counts answers as they come. */
export interface ClassificationCounter {
  /** Counts one example: its scores by class, from `at` on, and its right class. */
  add(scores: ArrayLike<number>, at: number, label: number): void;
  /** Share of right answers so far. */
  readonly accuracy: number;
  /** What was counted, as plain data. */
  state(): CounterState;
  /** What was counted. */
  result(labels: readonly string[] | undefined): ClassificationResult;
}

/** What a counter has counted, as plain data. */
export interface CounterState {
  /** Number of classes. */
  readonly classes: number;
  /** Examples whose class is among the `k` most probable ones. */
  readonly near: number;
  /** Cells of the confusion matrix that are not 0: place `true class · classes + answer`, then count. */
  readonly cells: readonly (readonly [place: number, count: number])[];
}

/** How well a classifier did. */
export interface ClassificationResult {
  /** Share of right answers. */
  readonly accuracy: number;
  /** Share of examples whose class is among the `k` most probable ones. */
  readonly topK: { readonly k: number; readonly accuracy: number };
  /** By class. */
  readonly perClass: readonly ClassScores[];
  /** Means over the classes. */
  readonly macro: Scores;
  /** Means over the classes by their numbers of examples. */
  readonly weighted: Scores;
  /** `confusionMatrix[true class][answer]`, numbers of examples. */
  readonly confusionMatrix: readonly (readonly number[])[];
}

/** A counter for `classes` classes, with top-`k` accuracy of at most 5, that goes on from `counted`. */
export function classificationCounter(
  classes: number,
  counted?: CounterState,
): ClassificationCounter {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const k = Math.min(5, classes);
  let total = 0;
  let right = 0;
  let near = counted?.near ?? 0;
  for (const [place, count] of counted?.cells ?? []) {
    const row = Math.floor(place / classes);
    matrix[row]![place % classes] = count;
    total += count;
    if (row === place % classes) right += count;
  }
  return {
    add(scores, at, label) {
      let best = 0;
      let above = 0;
      for (let c = 0; c < classes; c++) {
        if (scores[at + c]! > scores[at + best]!) best = c;
        if (scores[at + c]! > scores[at + label]!) above++;
      }
      matrix[label]![best]!++;
      total++;
      if (best === label) right++;
      if (above < k) near++;
    },
    get accuracy() {
      return ratio(right, total);
    },
    state: () => ({
      classes,
      near,
      cells: matrix.flatMap((row, truth) =>
        row.flatMap((count, answer) =>
          count === 0 ? [] : [[truth * classes + answer, count] as const]
        )
      ),
    }),
    result(labels) {
      const perClass = matrix.map((row, c) => classScores(matrix, row, c, labels?.[c] ?? `${c}`));
      return {
        accuracy: ratio(right, total),
        topK: { k, accuracy: ratio(near, total) },
        perClass,
        macro: meanScores(perClass, () => 1),
        weighted: meanScores(perClass, (one) => one.support),
        confusionMatrix: matrix,
      };
    },
  };
}

function classScores(
  matrix: readonly (readonly number[])[],
  row: readonly number[],
  c: number,
  label: string,
): ClassScores {
  const support = row.reduce((sum, count) => sum + count, 0);
  const answered = matrix.reduce((sum, other) => sum + other[c]!, 0);
  return { label, ...scoresOf(row[c]!, answered, support), support };
}

/** The scores of a class of which `hits` answers are right, of `answered` ones and `support` examples. */
export function scoresOf(hits: number, answered: number, support: number): Scores {
  const precision = ratio(hits, answered);
  const recall = ratio(hits, support);
  return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
}

/** Means over the classes by weight. */
export function meanScores(
  scores: readonly ClassScores[],
  weight: (one: ClassScores) => number,
): Scores {
  const total = scores.reduce((sum, one) => sum + weight(one), 0);
  const of = (pick: (one: ClassScores) => number) =>
    ratio(scores.reduce((sum, one) => sum + weight(one) * pick(one), 0), total);
  return {
    precision: of((one) => one.precision),
    recall: of((one) => one.recall),
    f1: of((one) => one.f1),
  };
}

/** A share, 0 where there is nothing. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
