import { averagePrecision } from "./average_precision.ts";
import { type ClassScores, meanScores, ratio, type Scores, scoresOf } from "./classification.ts";

/** How well a model did that says yes or no to each class. */
export interface MultiLabelResult {
  /** Share of right answers, over all examples and classes. */
  readonly accuracy: number;
  /** Share of examples of which every answer is right. */
  readonly exactMatch: number;
  /** By class; `support` counts the examples that have it. */
  readonly perClass: readonly LabelScores[];
  /** Means over the classes. */
  readonly macro: Scores;
  /** Of all answers taken together. */
  readonly micro: Scores;
  /** Means over the classes by their numbers of examples. */
  readonly weighted: Scores;
  /** Mean of the average precisions of the classes that occur. */
  readonly meanAveragePrecision: number;
}

/** The scores of one class among several that may hold at once. */
export interface LabelScores extends ClassScores {
  /**
   * Precision averaged over the recall that lower and lower thresholds reach, as scikit-learn's
   * `average_precision_score`; NaN where the class does not occur.
   */
  readonly averagePrecision: number;
}

/** Yes and no of one class: how many answers were right and wrong. */
interface Counts {
  hits: number;
  misses: number;
  falseAlarms: number;
}

/** How answers of yes and no are counted. */
export interface TallyOptions {
  /** Probability from which on an answer is yes. @default {0.5} */
  readonly threshold?: number;
  /** Whether all scores are kept, for average precision. @default {false} */
  readonly curves?: boolean;
}

/** What a counter has counted, as plain data; scores are not part of it. */
export interface LabelCounts {
  readonly examples: number;
  readonly exact: number;
  readonly classes: readonly Readonly<Counts>[];
}

/** Counts answers of yes and no as they come. */
export class MultiLabelCounter {
  readonly #counts: Counts[];
  readonly #scores: number[][];
  readonly #truths: boolean[][];
  readonly #least: number;
  readonly #curves: boolean;
  #examples: number;
  #exact: number;

  /** A counter for scores of which the sigmoids are probabilities; goes on from `counted`. */
  constructor(classes: number, options: TallyOptions = {}, counted?: LabelCounts) {
    const { threshold = 0.5, curves = false } = options;
    this.#least = Math.log(threshold / (1 - threshold));
    this.#curves = curves;
    this.#examples = counted?.examples ?? 0;
    this.#exact = counted?.exact ?? 0;
    const none = { hits: 0, misses: 0, falseAlarms: 0 };
    this.#counts = Array.from({ length: classes }, (_, c) => ({ ...counted?.classes[c] ?? none }));
    this.#scores = this.#counts.map(() => []);
    this.#truths = this.#counts.map(() => []);
  }

  /** Counts one example: its scores and its targets (yes from 1/2 on), each from `at` on. */
  add(scores: ArrayLike<number>, targets: ArrayLike<number | bigint>, at: number): void {
    let isExact = true;
    this.#counts.forEach((count, c) => {
      const isYes = Number(targets[at + c]) >= 0.5;
      const answer = scores[at + c]! >= this.#least;
      if (isYes && answer) count.hits++;
      if (isYes && !answer) count.misses++;
      if (!isYes && answer) count.falseAlarms++;
      isExact &&= isYes === answer;
      if (!this.#curves) return;
      this.#scores[c]!.push(scores[at + c]!);
      this.#truths[c]!.push(isYes);
    });
    this.#examples++;
    if (isExact) this.#exact++;
  }

  /** What was counted, as plain data. */
  state(): LabelCounts {
    return {
      examples: this.#examples,
      exact: this.#exact,
      classes: this.#counts.map((count) => ({ ...count })),
    };
  }

  /** Share of right answers so far. */
  get accuracy(): number {
    const wrong = this.#counts.reduce((sum, one) => sum + one.misses + one.falseAlarms, 0);
    return 1 - ratio(wrong, this.#examples * this.#counts.length);
  }

  /** What was counted. */
  result(labels: readonly string[] | undefined): MultiLabelResult {
    const perClass = this.#counts.map((count, c): LabelScores => ({
      label: labels?.[c] ?? `${c}`,
      ...scoresOf(count.hits, count.hits + count.falseAlarms, count.hits + count.misses),
      support: count.hits + count.misses,
      averagePrecision: averagePrecision(this.#scores[c]!, this.#truths[c]!),
    }));
    const total = (of: (one: Counts) => number) =>
      this.#counts.reduce((sum, one) => sum + of(one), 0);
    const hits = total((one) => one.hits);
    const known = perClass.map((one) => one.averagePrecision).filter((one) => !Number.isNaN(one));
    return {
      accuracy: this.accuracy,
      exactMatch: ratio(this.#exact, this.#examples),
      perClass,
      macro: meanScores(perClass, () => 1),
      micro: scoresOf(
        hits,
        hits + total((one) => one.falseAlarms),
        hits + total((one) => one.misses),
      ),
      weighted: meanScores(perClass, (one) => one.support),
      meanAveragePrecision: known.reduce((sum, one) => sum + one, 0) / known.length,
    };
  }
}
