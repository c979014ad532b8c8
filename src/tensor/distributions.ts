import type { Rng } from "./rng.ts";

/** A draw from the gamma distribution of a shape above 0, by Marsaglia and Tsang (2000). */
export function gamma(random: Rng, shape: number): number {
  // Below 1: the draw for one more, scaled back by a power of a uniform number.
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
      return d * v;
    }
  }
}

/** A draw from the symmetric Dirichlet distribution: `count` numbers from 0 on that add up to 1. */
export function dirichlet(random: Rng, alpha: number, count: number): number[] {
  const draws = Array.from({ length: count }, () => gamma(random, alpha));
  const sum = draws.reduce((a, b) => a + b, 0);
  // Draws for a small alpha may all be too small to be numbers; then one takes all, as in the limit.
  if (sum === 0) return draws.map((_, i) => i === 0 ? 1 : 0);
  return draws.map((draw) => draw / sum);
}

/** A draw from the symmetric beta distribution, between 0 and 1. */
export function beta(random: Rng, alpha: number): number {
  return dirichlet(random, alpha, 2)[0]!;
}
