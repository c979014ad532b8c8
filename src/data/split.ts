import { z } from "zod";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions, show } from "../tensor/options.ts";
import { permutation, type Rng, rng } from "../tensor/rng.ts";
import { assignGroups, type Groups } from "./assign_groups.ts";
import { indicesByClass } from "./class_groups.ts";
import { subset } from "./subset.ts";
import { checkIndexed } from "../tensor/check_indexed.ts";

/** Options of `split`. */
export interface SplitOptions {
  /** Seed of the draw. @default {0} */
  readonly seed?: number;
  /** Whether both parts keep the proportions of the classes. @default true where the data set tells targets without reading examples */
  readonly stratify?: boolean;
  /** Examples that must not be torn apart, such as pictures of one patient: their group, by index. */
  readonly groups?: Groups;
}

/** The two parts that `split` makes. */
export interface Split {
  /** What is left for training. */
  readonly train: Dataset;
  /** The share set aside. */
  readonly validation: Dataset;
}

/** What `groups` may be. */
export const groupsSchema: z.ZodType<Groups> = z.custom<Groups>((value) =>
  typeof value === "function" || Array.isArray(value)
).describe("a list of the examples' groups, or a function of the index");

const schema = z.strictObject({
  seed: z.number().default(0),
  stratify: z.boolean().optional(),
  groups: groupsSchema.optional(),
});

/**
 * Sets aside a random `fraction` of `dataset` for validation, the same for the same seed. By
 * default each class gives the same share, rounded, and at least one example to either side where
 * it has two; with `groups`, whole groups are set aside, as near to the share as they come. Examples
 * keep their order. Throws `RangeError` for a fraction outside 0 to 1 and
 * where a side would be empty.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { split } from "@graft/graft";
 *
 * const dataset = { length: 10, get: (index: number) => ({ target: index % 2 }), target: (i: number) => i % 2 };
 * const { train, validation } = split(dataset, 0.2, { seed: 1 });
 * assertEquals([train.length, validation.length], [8, 2]);
 * assertEquals([validation.target?.(0), validation.target?.(1)].sort(), [0, 1]);
 * ```
 */
export function split(dataset: Dataset, fraction: number, options: SplitOptions = {}): Split {
  const { seed, stratify = dataset.target !== undefined, groups } = checkOptions(
    "split",
    schema,
    options,
  );
  checkIndexed("split()", dataset);
  if (typeof fraction !== "number") {
    throw new TypeError(`split(): the fraction must be a number, found ${show(fraction)}`);
  }
  if (!(fraction > 0 && fraction < 1)) {
    throw new RangeError(
      `split(): the fraction must be more than 0 and less than 1, found ${fraction}`,
    );
  }
  const random = rng(seed, "split");
  const isAside = groups
    ? assignGroups(dataset, groups, {
      shares: [1 - fraction, fraction],
      byClass: stratify,
      random,
      what: "split()",
    })
    : asideByClass(dataset, { fraction, stratify, random });
  const all = range(dataset.length);
  const train = all.filter((index) => isAside[index] === 0);
  const validation = all.filter((index) => isAside[index] === 1);
  if (train.length === 0 || validation.length === 0) {
    throw new RangeError(
      `split(): ${dataset.length} examples cannot be split at ${fraction} with one on each side`,
    );
  }
  return { train: subset(dataset, train), validation: subset(dataset, validation) };
}

function asideByClass(
  dataset: Dataset,
  { fraction, stratify, random }: {
    readonly fraction: number;
    readonly stratify: boolean;
    readonly random: Rng;
  },
): Uint8Array {
  const isAside = new Uint8Array(dataset.length);
  const groups = stratify
    ? indicesByClass(dataset, "split(): stratify", "; give stratify: false")
    : [range(dataset.length)];
  for (const group of groups) {
    for (const index of drawn(group, fraction, random)) isAside[index] = 1;
  }
  return isAside;
}

function drawn(group: readonly number[], fraction: number, random: Rng): number[] {
  const count = Math.min(Math.max(Math.round(group.length * fraction), 1), group.length - 1);
  return Array.from(permutation(group.length, random).subarray(0, count), (at) => group[at]!);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
