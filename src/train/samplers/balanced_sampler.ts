import { checkOptions } from "../../tensor/options.ts";
import type { Sampler, SamplerSource } from "./sampler.ts";
import { drawnByWeight, type SamplerOptions, samplerSchema } from "./weighted_sampler.ts";

/**
 * Draws examples with replacement so that every class comes as often as any other, however few examples
 * it has: each counts as 1 over the number of its class. Repeated pictures are augmented anew. In `fit`
 * also by name: `sampler: "balanced"`. Throws `TypeError` for data that do not tell their classes.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { balancedSampler, rng } from "@graft/graft";
 *
 * const source = { length: 100, target: (index: number) => index === 0 ? 1 : 0 };
 * const drawn = Array.from(balancedSampler().draw(source, rng(0)));
 * assert(drawn.filter((index) => index === 0).length > 30);
 * ```
 */
export function balancedSampler(options: SamplerOptions = {}): Sampler {
  const { length } = checkOptions("balancedSampler", samplerSchema, options);
  const known = new WeakMap<SamplerSource, readonly number[]>();
  return {
    name: "balancedSampler",
    settings: length,
    length: (source) => length ?? source.length,
    draw(source, random) {
      const weights = known.get(source) ?? weightsOf(source);
      known.set(source, weights);
      return drawnByWeight(weights, length ?? source.length, random);
    },
  };
}

function weightsOf(source: SamplerSource): number[] {
  const targets = Array.from({ length: source.length }, (_, index) => {
    const target = source.target?.(index);
    if (target !== undefined) return target;
    throw new TypeError(
      'The sampler "balanced" needs data that tell the class of each example without reading it, by ' +
        `target(index); found none for example ${index}. Give weightedSampler(weights) instead`,
    );
  });
  const counts = new Map<number, number>();
  for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  return targets.map((target) => 1 / counts.get(target)!);
}
