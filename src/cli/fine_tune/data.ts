import { join } from "@std/path";
import type { ImageDataset } from "../../data/image_folder.ts";
import { split } from "../../data/split.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { readFolder } from "../common.ts";
import type { Values } from "../values.ts";
import { UsageError } from "../usage_error.ts";

/** What is trained on, and what the result is measured on. */
export interface Data {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Pictures to train on. */
  readonly train: Dataset;
  /** Pictures to measure on; none with `--split 0`. */
  readonly validation: Dataset | undefined;
  /** Where they come from, in words. */
  readonly origin: string;
  /** The folders read, for what they skipped. */
  readonly folders: readonly Dataset[];
}

const DEFAULT_SHARE = 0.2;

/**
 * The pictures of `folder`, in two parts: by `--validation`, else by folders `train` and `val` in
 * it, else by `--split`.
 */
export async function readData(folder: string, values: Values): Promise<Data> {
  const given = values.text("validation");
  const share = values.number("split");
  if (given !== undefined && share !== undefined) {
    throw new UsageError("--validation and --split exclude each other; give one");
  }
  const parts = given === undefined && share === undefined ? await partsOf(folder) : undefined;
  const [first, second] = parts ?? [folder, given];
  const train = await readFolder(first, values);
  if (second !== undefined) return await withValidation(train, first, second, values);
  return withShare(train, first, share ?? DEFAULT_SHARE, values.number("seed") ?? 0);
}

async function withValidation(
  train: ImageDataset,
  first: string,
  second: string,
  values: Values,
): Promise<Data> {
  const validation = await readFolder(second, values, train.classes);
  const origin = `trained on ${first}, measured on ${second}`;
  return { classes: train.classes, train, validation, origin, folders: [train, validation] };
}

function withShare(all: ImageDataset, folder: string, share: number, seed: number): Data {
  const { classes } = all;
  if (share === 0) {
    return { classes, train: all, validation: undefined, origin: folder, folders: [all] };
  }
  const parts = split(all, share, { seed });
  const origin = `${folder}, ${Math.round(100 * share)} % of it set aside to measure on`;
  return { classes, ...parts, origin, folders: [all] };
}

/** The folders `train` and `val` (or `valid`, `validation`) of a folder, where it has both. */
async function partsOf(folder: string): Promise<[string, string] | undefined> {
  const isFolder = (path: string) =>
    Deno.stat(path).then((found) => found.isDirectory, () => false);
  const train = join(folder, "train");
  if (!await isFolder(train)) return undefined;
  for (const name of ["val", "valid", "validation"]) {
    const validation = join(folder, name);
    if (await isFolder(validation)) return [train, validation];
  }
  return undefined;
}
