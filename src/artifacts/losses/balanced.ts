/**
 * Weights under which all classes count alike: Σ examples / (classes · examples of the class), as
 * scikit-learn's `class_weight="balanced"`. A class without examples gets 0.
 */
export function balanced(counts: readonly number[]): number[] {
  const present = counts.filter((count) => count > 0).length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count === 0 ? 0 : total / (present * count));
}
