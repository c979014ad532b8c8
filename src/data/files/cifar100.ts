import { z } from "zod";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { arrays } from "../arrays.ts";
import { cifarFiles } from "./cifar_files.ts";
import { cifarRecords } from "./cifar_records.ts";

/** Options of `cifar100`. */
export interface Cifar100Options {
  /** Which file of a folder. @default {"train"} */
  readonly part?: "train" | "test";
  /** The 100 `"fine"` classes, or the 20 `"coarse"` ones that they belong to. @default {"fine"} */
  readonly labels?: "fine" | "coarse";
}

const schema = z.strictObject({
  part: z.enum(["train", "test"]).default("train"),
  labels: z.enum(["fine", "coarse"]).default("fine"),
});

const COARSE: readonly string[] = [
  "aquatic_mammals",
  "fish",
  "flowers",
  "food_containers",
  "fruit_and_vegetables",
  "household_electrical_devices",
  "household_furniture",
  "insects",
  "large_carnivores",
  "large_man-made_outdoor_things",
  "large_natural_outdoor_scenes",
  "large_omnivores_and_herbivores",
  "medium_mammals",
  "non-insect_invertebrates",
  "people",
  "reptiles",
  "small_mammals",
  "trees",
  "vehicles_1",
  "vehicles_2",
];

/** In the order of the alphabet, as the files count them. */
const FINE: readonly string[] = `
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
  camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
  dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
  leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
  otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
  road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
  sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
  wardrobe whale willow_tree wolf woman worm`.trim().split(/\s+/);

/**
 * The pictures of CIFAR-100 in its binary version, 32×32 in colour: from the folder with `train.bin` and
 * `test.bin`, or from the files given, gzipped or not. Throws `Error` where there is none, `SyntaxError`
 * where one is damaged. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cifar100 } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile({ suffix: ".bin" });
 * await Deno.writeFile(file, new Uint8Array(3074).fill(4));
 * const dataset = await cifar100([file]);
 * assertEquals(dataset.classes?.length, 100);
 * assertEquals(dataset.classes?.[(await dataset.get(0))!.target as number], "beaver");
 * await Deno.remove(file);
 * ```
 */
export async function cifar100(
  source: string | URL | readonly (string | URL)[],
  options: Cifar100Options = {},
): Promise<Dataset> {
  const { part, labels } = checkOptions("cifar100", schema, options);
  const files = await cifarFiles("cifar100", source, {
    names: [`${part}.bin`],
    folder: "cifar-100-binary",
  });
  const classes = labels === "fine" ? FINE : COARSE;
  const records = await cifarRecords(files, {
    labelBytes: 2,
    label: labels === "fine" ? 1 : 0,
    classCount: classes.length,
  });
  return arrays({ ...records, classes });
}
