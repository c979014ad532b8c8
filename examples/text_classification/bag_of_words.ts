import { logisticRegression, type TextItem } from "../../mod.ts";

/** How a bag of words is learned from. */
export interface BagOptions {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** In how many texts a word must occur to count. @default {2} */
  readonly minTexts?: number;
}

/** Strengths of the penalty that are tried. */
const CHOICES = [0.3, 1, 3, 10, 30];

/**
 * What a logistic regression on a bag of words comes to on `test`: words by TF-IDF, each text of length
 * 1, the penalty chosen on a tenth of the training texts.
 */
export async function bagOfWords(
  train: readonly TextItem[],
  test: readonly TextItem[],
  { classes, minTexts = 2 }: BagOptions,
): Promise<number> {
  const counts = new Map<string, number>();
  for (const { text } of train) {
    for (const word of new Set(wordsOf(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const kept = [...counts].filter(([, count]) => count >= minTexts);
  const columns = new Map(kept.map(([word, count], column) => [word, {
    column,
    weight: Math.log((1 + train.length) / (1 + count)) + 1,
  }]));
  const rows = (items: readonly TextItem[]) => {
    const data = new Float32Array(items.length * columns.size);
    items.forEach(({ text }, at) => {
      const row = data.subarray(at * columns.size, (at + 1) * columns.size);
      for (const word of wordsOf(text)) {
        const found = columns.get(word);
        if (found) row[found.column]! += found.weight;
      }
      const length = Math.hypot(...row) || 1;
      for (let i = 0; i < row.length; i++) row[i]! /= length;
    });
    const targets = items.map(({ label }) => classes.indexOf(label!));
    return { data, shape: [items.length, columns.size], targets, classes };
  };
  const quiet = { verbose: false, tolerance: 1e-4 } as const;
  const held = rows(train.filter((_, at) => at % 10 === 9));
  const rest = rows(train.filter((_, at) => at % 10 !== 9));
  let [best, most] = [CHOICES[0]!, -1];
  if (train.length >= 200) {
    for (const C of CHOICES) {
      const share = await (await logisticRegression(rest, { ...quiet, C })).score(held);
      if (share > most) [best, most] = [C, share];
    }
  } else best = 10;
  return await (await logisticRegression(rows(train), { ...quiet, C: best })).score(rows(test));
}

/** The words of a text, in small letters. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}
