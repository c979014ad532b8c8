import type { LossSums } from "../artifacts/training_graph.ts";
import type { Tensors } from "../runtime/runtime.ts";

/** Σ vᵢ·lossᵢ and Σ vᵢ·weightᵢ of one of the means that the loss of a batch is made of. */
export interface TermSums {
  /** What the mean is multiplied by. */
  readonly factor: number;
  /** Sum of the losses. */
  readonly sum: number;
  /** Sum of the weights. */
  readonly weight: number;
}

/** The loss of a batch. */
export interface LossResult {
  /** The mean loss. */
  readonly loss: number;
  /** What that is made of, where it is more than the mean by the examples' weights. */
  readonly terms: readonly TermSums[] | undefined;
}

/** The sums of a loss's means, as an engine gave them. */
export function termSums(results: Tensors, sums: LossSums | undefined): TermSums[] | undefined {
  if (!sums) return undefined;
  const { data } = results[sums.name]!;
  return sums.factors.map((factor, i) => ({
    factor,
    sum: Number(data[2 * i]),
    weight: Number(data[2 * i + 1]),
  }));
}

/** The loss that batches come to whose sums are added up. */
export function lossOfTerms(terms: readonly TermSums[]): number {
  return terms.reduce(
    (total, { factor, sum, weight }) => total + (weight === 0 ? 0 : factor * sum / weight),
    0,
  );
}

/** Sums over more batches. */
export function addedTerms(
  before: readonly TermSums[] | undefined,
  terms: readonly TermSums[],
): TermSums[] {
  return terms.map(({ factor, sum, weight }, i) => ({
    factor,
    sum: sum + (before?.[i]?.sum ?? 0),
    weight: weight + (before?.[i]?.weight ?? 0),
  }));
}
