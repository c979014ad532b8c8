import { z } from "zod";
import { checkOptions, show } from "../../tensor/options.ts";
import type { Rng } from "../../tensor/rng.ts";
import type { Sampler } from "./sampler.ts";

/** Options of samplers that draw with replacement. */
export interface SamplerOptions {
  /** Examples of an epoch. @default as many as there are */
  readonly length?: number;
}

/** The schema of `SamplerOptions`. */
export const samplerSchema: z.ZodType<SamplerOptions> = z.strictObject({
  length: z.int().positive().optional(),
}) as z.ZodType<SamplerOptions>;

/**
 * Draws examples with replacement, each as often as its weight says, as PyTorch's
 * `WeightedRandomSampler`. Throws `RangeError` for weights that are negative or all 0, and, in `fit`,
 * where there are not as many as examples.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rng, weightedSampler } from "@graft/graft";
 *
 * const sampler = weightedSampler([0, 1, 0], { length: 4 });
 * assertEquals(Array.from(sampler.draw({ length: 3 }, rng(0))), [1, 1, 1, 1]);
 * ```
 */
export function weightedSampler(
  weights: ArrayLike<number>,
  options: SamplerOptions = {},
): Sampler {
  const { length } = checkOptions("weightedSampler", samplerSchema, options);
  const kept = Array.from(weights);
  const wrong = kept.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong >= 0 || !kept.some((weight) => weight > 0)) {
    throw new RangeError(
      wrong >= 0
        ? `weightedSampler(): weight ${wrong} must be 0 or more, found ${show(kept[wrong])}`
        : "weightedSampler(): one weight must be more than 0, found none",
    );
  }
  return {
    name: "weightedSampler",
    settings: [kept, length],
    length: (source) => length ?? source.length,
    draw(source, random) {
      if (source.length !== kept.length) {
        throw new RangeError(
          `weightedSampler(): give a weight for each of the ${source.length} examples that can be ` +
            `read, found ${kept.length} weights`,
        );
      }
      return drawnByWeight(kept, length ?? source.length, random);
    },
  };
}

/** Indices drawn with replacement by weight: the first whose sum of weights passes a uniform number. */
export function drawnByWeight(
  weights: readonly number[],
  count: number,
  random: Rng,
): Uint32Array {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  weights.forEach((weight, index) => sums[index] = sum += weight);
  const last = weights.findLastIndex((weight) => weight > 0);
  return Uint32Array.from({ length: count }, () => {
    const wanted = random.uniform() * sum;
    let low = 0, high = weights.length - 1;
    while (low < high) {
      const middle = low + high >> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return Math.min(low, last);
  });
}
