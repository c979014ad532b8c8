import type { ScoredExamples } from "./score_examples.ts";

/** An example, what it is and what it is taken for. */
export interface Finding {
  /** Index in the data set. */
  readonly index: number;
  /** Its class. */
  readonly truth: number;
  /** The class the model gives it. */
  readonly answer: number;
  /** How probable the model holds its answer. */
  readonly confidence: number;
  /** How probable it holds the truth. */
  readonly probability: number;
  /** Cross-entropy. */
  readonly loss: number;
}

/** A cell of the confusion matrix. */
export interface Cell {
  /** The true class. */
  readonly truth: number;
  /** The answer. */
  readonly answer: number;
  /** Its examples, those that the model is surest of first. */
  readonly examples: readonly Finding[];
}

/** Every example, in the order of the data set. */
export function findingsOf(scored: ScoredExamples): Finding[] {
  const { probabilities, targets, losses, indices, classes } = scored;
  return indices.map((index, row): Finding => {
    const own = probabilities.data.subarray(row * classes.length, (row + 1) * classes.length);
    const confidence = own.reduce((best, one) => Math.max(best, one), 0);
    const truth = targets[row]!;
    return {
      index,
      truth,
      answer: own.indexOf(confidence),
      confidence,
      probability: own[truth]!,
      loss: losses[row]!,
    };
  });
}

/** The `count` examples of the greatest losses. */
export function topLosses(findings: readonly Finding[], count: number): Finding[] {
  return [...findings].sort((a, b) => b.loss - a.loss || a.index - b.index).slice(0, count);
}

/** The cells that have examples: class by class, right answers first, then the commonest mistakes. */
export function cellsOf(findings: readonly Finding[]): Cell[] {
  const cells = new Map<string, Finding[]>();
  for (const one of findings) {
    const key = `${one.truth} ${one.answer}`;
    cells.set(key, [...cells.get(key) ?? [], one]);
  }
  return [...cells.values()].map((examples): Cell => ({
    truth: examples[0]!.truth,
    answer: examples[0]!.answer,
    examples: [...examples].sort((a, b) => b.confidence - a.confidence || a.index - b.index),
  })).sort((a, b) =>
    a.truth - b.truth || Number(isWrong(a)) - Number(isWrong(b)) ||
    b.examples.length - a.examples.length || a.answer - b.answer
  );
}

/** The commonest mistakes, at most `count`. */
export function mostConfused(cells: readonly Cell[], count: number): Cell[] {
  return cells.filter(isWrong)
    .sort((a, b) => b.examples.length - a.examples.length).slice(0, count);
}

/** Whether a cell or an example is a mistake. */
export function isWrong({ truth, answer }: { truth: number; answer: number }): boolean {
  return truth !== answer;
}
