import { z } from "zod";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { rng } from "../tensor/rng.ts";
import { indicesByClass, shuffled } from "./class_groups.ts";
import { subset } from "./subset.ts";

/** Options of `balanced`. */
export interface BalancedOptions {
  /** Whether small classes are repeated or large ones cut down. @default {"over"} */
  readonly sampling?: "over" | "under";
  /** Seed of the draw. @default {0} */
  readonly seed?: number;
}

const schema = z.strictObject({
  sampling: z.enum(["over", "under"]).default("over"),
  seed: z.number().default(0),
});

/**
 * `dataset` with as many examples of every class as of the largest one, those of small classes repeated
 * as evenly as may be ("over"), or as of the smallest one ("under"). Random changes of repeated
 * pictures are drawn anew. `fit({ sampler: "balanced" })` draws other examples each epoch instead.
 * Throws `TypeError` for data that do not tell their classes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { balanced, classCounts } from "@graft/graft";
 *
 * const target = (index: number) => index < 4 ? 0 : 1;
 * const dataset = { length: 5, get: (index: number) => ({ target: target(index) }), target };
 * assertEquals(await classCounts(balanced(dataset)), [4, 4]);
 * assertEquals(await classCounts(balanced(dataset, { sampling: "under" })), [1, 1]);
 * ```
 */
export function balanced(dataset: Dataset, options: BalancedOptions = {}): Dataset {
  const { sampling, seed } = checkOptions("balanced", schema, options);
  const random = rng(seed, "balanced");
  const groups = indicesByClass(dataset, "balanced()");
  const sizes = groups.map(({ length }) => length);
  const size = sampling === "over" ? Math.max(...sizes) : Math.min(...sizes);
  const kept = groups.flatMap((group) => {
    const copies = Array.from({ length: Math.floor(size / group.length) }, () => group).flat();
    return [...copies, ...shuffled(group, random).slice(0, size - copies.length)];
  });
  return subset(dataset, kept.sort((a, b) => a - b));
}
