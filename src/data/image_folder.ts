import { z } from "zod";
import { fromFileUrl, join } from "@std/path";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { IMAGE_EXTENSIONS, type ImageFiles, scanClasses } from "./folder_scan.ts";
import { labelsIn, multiHot } from "./multi_hot.ts";
import { type OnUnreadable, type PictureDataset, pictureDataset } from "./picture_dataset.ts";

/** Options of `imageFolder`. */
export interface ImageFolderOptions {
  /**
   * Names of the classes in the order of their indices, such as those of the training set; one
   * without a folder is allowed then. @default the folders' names, sorted
   */
  readonly classes?: readonly string[];
  /** Whether a picture that cannot be decoded is an error or left out and listed in `skipped`. @default {"error"} */
  readonly onUnreadable?: OnUnreadable;
  /**
   * Where folders are named after several classes, what stands between them, such as "+" in
   * `cat+dog/1.jpg`: targets are then `[C]` of 0 and 1, for the loss "binaryCrossEntropy".
   * @default folders are classes
   */
  readonly labelSeparator?: string;
  /**
   * How many pictures a class must have: folders with fewer are left out, as of the many people of whom
   * Labeled Faces in the Wild has one picture. @default {1, and an empty folder is an error}
   */
  readonly minPictures?: number;
  /** Endings of the files to take, with their dot, in any case. @default those of the formats known */
  readonly extensions?: readonly string[];
}

/** A folder of pictures by class. */
export interface ImageDataset extends PictureDataset {
  /** Names of the classes; targets are positions in this list. */
  readonly classes: readonly string[];
  /** The files, in the order of the examples. */
  readonly files: readonly string[];
  /** The number of files left out by their ending. Hidden files are not counted. */
  readonly ignoredFiles: number;
}

const schema = z.strictObject({
  classes: z.array(z.string().min(1)).min(1).refine((names) => new Set(names).size === names.length)
    .describe("a non-empty array of different class names").optional(),
  onUnreadable: z.enum(["error", "skip"]).default("error"),
  extensions: z.array(z.string().regex(/^\./)).min(1)
    .describe('an array of file endings such as [".jpg", ".png"]').default([...IMAGE_EXTENSIONS]),
  labelSeparator: z.string().min(1).optional(),
  minPictures: z.number().int().positive().optional(),
});

/**
 * The pictures of `directory`, one folder a class: `directory/<class>/<image>`, folders inside a
 * class included, sorted by name. Pictures are decoded when asked for; see `decodeImage` for how.
 * Throws `TypeError` or `RangeError` for wrong options, and `Error` saying what to change where the
 * folder is missing, empty, flat, holds a class without pictures or fewer than two classes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { imageFolder } from "@graft/graft";
 *
 * const directory = await Deno.makeTempDir();
 * const gif = Uint8Array.from(
 *   atob("R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs="),
 *   (letter) => letter.charCodeAt(0),
 * );
 * for (const name of ["ant", "bee"]) {
 *   await Deno.mkdir(`${directory}/${name}`);
 *   await Deno.writeFile(`${directory}/${name}/1.gif`, gif);
 * }
 * const dataset = await imageFolder(directory);
 * assertEquals(dataset.classes, ["ant", "bee"]);
 * assertEquals((await dataset.get(1))?.target, 1);
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function imageFolder(
  directory: string | URL,
  options: ImageFolderOptions = {},
): Promise<ImageDataset> {
  const { onUnreadable, extensions, classes: wanted, labelSeparator, minPictures } = checkOptions(
    "imageFolder",
    schema,
    options,
  );
  const root = directory instanceof URL ? fromFileUrl(directory) : directory;
  const endings = extensions.map((ending) => ending.toLowerCase());
  const known = labelSeparator === undefined ? wanted : undefined;
  const found = await scanClasses(root, endings, { classes: known, minPictures });
  const { classes, targetOf } = labelSeparator === undefined
    ? oneLabel(found, wanted)
    : manyLabels(root, found, wanted, labelSeparator);
  const { files, folders } = listFiles(root, found, labelSeparator === undefined ? classes : []);
  const dataset = pictureDataset({
    length: files.length,
    source: (index) => files[index]!,
    name: (index) => files[index]!,
    label: (index) => ({ target: targetOf(folders[index]!) }),
    classes,
    onUnreadable,
  });
  const ignoredFiles = found.reduce((sum, { ignored }) => sum + ignored, 0);
  return { ...dataset, classes, files, ignoredFiles };
}

/** The classes, and the target of a folder's pictures. */
interface Labels {
  readonly classes: readonly string[];
  targetOf(folder: string): number | Tensor;
}

function oneLabel(found: readonly ImageFiles[], wanted: readonly string[] | undefined): Labels {
  const classes = wanted ?? found.map(({ name }) => name);
  const places = new Map(classes.map((name, index) => [name, index]));
  return { classes, targetOf: (folder) => places.get(folder)! };
}

function manyLabels(
  root: string,
  found: readonly ImageFiles[],
  wanted: readonly string[] | undefined,
  separator: string,
): Labels {
  const all = found.flatMap(({ name }) => labelsIn(name, separator));
  const classes = wanted ?? [...new Set(all)].sort();
  const targets = new Map(found.map(({ name }) => {
    const unknown = (label: string) =>
      new Error(
        `"${root}" holds the folder "${name}", but "${label}" is not one of the classes ` +
          classes.slice(0, 10).join(", "),
      );
    return [name, multiHot(labelsIn(name, separator), classes, unknown)];
  }));
  return { classes, targetOf: (folder) => targets.get(folder)! };
}

/** The files and the folder of each, folders in the order of the classes, where these are folders. */
function listFiles(
  root: string,
  found: readonly ImageFiles[],
  classes: readonly string[],
): { files: string[]; folders: string[] } {
  const files: string[] = [];
  const folders: string[] = [];
  for (const { name, paths } of [...found].sort(byPosition(classes))) {
    for (const path of paths) {
      files.push(join(root, path));
      folders.push(name);
    }
  }
  return { files, folders };
}

function byPosition(classes: readonly string[]): (a: ImageFiles, b: ImageFiles) => number {
  return (a, b) => classes.indexOf(a.name) - classes.indexOf(b.name);
}
