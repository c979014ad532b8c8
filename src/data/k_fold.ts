import { z } from "zod";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { assignGroups, type Groups } from "./assign_groups.ts";
import { indicesByClass, shuffled } from "./class_groups.ts";
import type { Split } from "./split.ts";
import { groupsSchema } from "./split.ts";
import { subset } from "./subset.ts";
import { checkIndexed } from "../tensor/check_indexed.ts";

/** Options of `kFold`. */
export interface KFoldOptions {
  /** Number of folds. @default {5} */
  readonly folds?: number;
  /** Whether folds keep the proportions of the classes. @default true where the data set tells targets without reading examples */
  readonly stratified?: boolean;
  /** Examples that must not be torn apart, such as pictures of one patient: their group, by index. */
  readonly groups?: Groups;
  /** Seed of the draw. @default {0} */
  readonly seed?: number;
}

const schema = z.strictObject({
  folds: z.int().min(2).default(5),
  stratified: z.boolean().optional(),
  groups: groupsSchema.optional(),
  seed: z.number().default(0),
});

/**
 * `folds` ways to set a part of `dataset` aside for validation, each example once: for
 * cross-validation. Throws `RangeError` where there are fewer examples, or groups, than folds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { classCounts, kFold } from "@graft/graft";
 *
 * const target = (index: number) => index % 2;
 * const dataset = { length: 20, get: (index: number) => ({ target: target(index) }), target };
 * const [{ train, validation }] = kFold(dataset, { folds: 5 });
 * assertEquals(train.length, 16);
 * assertEquals(await classCounts(validation), [2, 2]);
 * ```
 */
export function kFold(
  dataset: Dataset,
  options: KFoldOptions = {},
): [Split, Split, ...Split[]] {
  const { folds, stratified = dataset.target !== undefined, groups, seed } = checkOptions(
    "kFold",
    schema,
    options,
  );
  checkIndexed("kFold()", dataset);
  if (dataset.length < folds) {
    throw new RangeError(`kFold(): ${dataset.length} examples cannot be put into ${folds} folds`);
  }
  const random = rng(seed, "folds");
  const shares = Array.from({ length: folds }, () => 1 / folds);
  const parts = groups
    ? assignGroups(dataset, groups, { shares, byClass: stratified, random, what: "kFold()" })
    : dealt(dataset, { folds, stratified, random });
  const all = Array.from({ length: dataset.length }, (_, index) => index);
  return shares.map((_, fold) => ({
    train: subset(dataset, all.filter((index) => parts[index] !== fold)),
    validation: subset(dataset, all.filter((index) => parts[index] === fold)),
  })) as [Split, Split, ...Split[]];
}

/** Examples dealt like cards, class by class, going on where the last class stopped. */
function dealt(
  dataset: Dataset,
  { folds, stratified, random }: {
    readonly folds: number;
    readonly stratified: boolean;
    readonly random: Rng;
  },
): Uint16Array {
  const parts = new Uint16Array(dataset.length);
  const groups = stratified
    ? indicesByClass(dataset, "kFold(): stratified", "; give stratified: false")
    : [Array.from(parts, (_, index) => index)];
  groups.flatMap((group) => shuffled(group, random))
    .forEach((index, place) => parts[index] = place % folds);
  return parts;
}
