/**
 * Σ (recallₙ − recallₙ₋₁)·precisionₙ over falling thresholds, equal scores taken together, as
 * scikit-learn's `average_precision_score`; NaN where nothing is true.
 */
export function averagePrecision(scores: readonly number[], truths: readonly boolean[]): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const support = truths.filter((isTrue) => isTrue).length;
  if (support === 0) return NaN;
  let [hits, counted, area] = [0, 0, 0];
  order.forEach((index, rank) => {
    if (truths[index]) hits++;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[index]) return;
    area += (hits - counted) / support * (hits / (rank + 1));
    counted = hits;
  });
  return area;
}
