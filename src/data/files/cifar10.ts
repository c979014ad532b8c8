import { z } from "zod";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { arrays } from "../arrays.ts";
import { cifarFiles } from "./cifar_files.ts";
import { cifarRecords } from "./cifar_records.ts";

/** Options of `cifar10`. */
export interface Cifar10Options {
  /** Which files of a folder: the five training batches or the test batch. @default {"train"} */
  readonly part?: "train" | "test";
}

const schema = z.strictObject({ part: z.enum(["train", "test"]).default("train") });

const CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/**
 * The pictures of CIFAR-10 in its binary version, 32×32 in colour: from the folder with
 * `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` (those of the part that are there are
 * taken), or from the files given, gzipped or not. Throws `Error` where there is none, `SyntaxError`
 * where one is damaged. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cifar10 } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile({ suffix: ".bin" });
 * await Deno.writeFile(file, new Uint8Array(2 * 3073).fill(8));
 * const dataset = await cifar10([file]);
 * assertEquals(dataset.length, 2);
 * assertEquals(dataset.classes?.[(await dataset.get(1))!.target as number], "ship");
 * await Deno.remove(file);
 * ```
 */
export async function cifar10(
  source: string | URL | readonly (string | URL)[],
  options: Cifar10Options = {},
): Promise<Dataset> {
  const { part } = checkOptions("cifar10", schema, options);
  const names = part === "train"
    ? [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`)
    : ["test_batch.bin"];
  const files = await cifarFiles("cifar10", source, { names, folder: "cifar-10-batches-bin" });
  const records = await cifarRecords(files, {
    labelBytes: 1,
    label: 0,
    classCount: CLASSES.length,
  });
  return arrays({ ...records, classes: CLASSES });
}
