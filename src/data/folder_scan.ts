import { extname, join } from "@std/path";
import { nearest } from "../tensor/nearest.ts";

/** Endings of the files that `imageFolder` takes for pictures unless told otherwise. */
export const IMAGE_EXTENSIONS: readonly string[] = [
  ".jpg",
  ".jpeg",
  ".jpe",
  ".jfif",
  ".png",
  ".webp",
  ".gif",
  ".avif",
  ".tif",
  ".tiff",
  ".bmp",
  ".pgm",
  ".ppm",
  ".pnm",
];

/** The pictures of one class folder. */
export interface ImageFiles {
  /** Name of the class. */
  readonly name: string;
  /** Paths of the pictures below the root, sorted. */
  readonly paths: readonly string[];
  /** Files left out by their ending. */
  readonly ignored: number;
}

/** Folder names that tell a split of the data, not a class. */
const SPLITS = ["train", "training", "val", "valid", "validation", "test", "testing"];

/**
 * The class folders of `root`, sorted, with the pictures in each. `extensions` are in lower case;
 * `classes` are the names that are allowed; folders with fewer than `minPictures` are left out. Throws an
 * `Error` that says how to arrange the folder.
 */
export async function scanClasses(
  root: string,
  extensions: readonly string[],
  { classes, minPictures }: {
    readonly classes: readonly string[] | undefined;
    readonly minPictures?: number | undefined;
  },
): Promise<ImageFiles[]> {
  const entries = await list(root);
  const folders = entries.filter(({ isFolder }) => isFolder).map(({ name }) => name);
  const isImage = (name: string) => extensions.includes(extname(name).toLowerCase());
  const loose = entries.filter(({ isFolder, name }) => !isFolder && isImage(name)).length;
  checkArrangement(root, folders, loose);
  await checkSplits(root, folders);
  if (classes !== undefined) checkKnown(root, folders, classes);
  const all: ImageFiles[] = [];
  for (const name of folders) {
    const paths: string[] = [];
    const ignored = await collect(root, name, isImage, paths, new Set());
    all.push({ name, paths, ignored });
  }
  const found = minPictures === undefined
    ? all
    : all.filter(({ paths }) => paths.length >= minPictures);
  if (found.length === 0) {
    const most = Math.max(...all.map(({ paths }) => paths.length));
    throw new Error(
      `No class in "${root}" has ${minPictures} pictures (minPictures); the largest has ${most}`,
    );
  }
  for (const { name, paths, ignored } of found) {
    if (paths.length > 0) continue;
    const others = ignored > 0
      ? `; its ${ignored} files have none of the endings ${extensions}`
      : "";
    throw new Error(
      `Class "${name}" in "${root}" has no pictures${others}. Put pictures there or remove the folder`,
    );
  }
  if (classes === undefined && found.length < 2) {
    throw new Error(
      `"${root}" holds one class only ("${
        found[0]!.name
      }"); a classifier needs at least two. Give ` +
        `each class a folder of its own`,
    );
  }
  return found;
}

/**
 * Paths of all pictures in a folder and those inside it, from there on, sorted within each folder.
 * Throws an `Error` where the folder cannot be read or holds none.
 */
export async function pictureFiles(root: string): Promise<string[]> {
  const isImage = (name: string) => IMAGE_EXTENSIONS.includes(extname(name).toLowerCase());
  const paths: string[] = [];
  // Read first, so that a folder that is not there is named.
  await list(root);
  await collect(root, ".", isImage, paths, new Set());
  if (paths.length === 0) throw new Error(`"${root}" holds no pictures`);
  return paths;
}

function checkArrangement(root: string, folders: readonly string[], loose: number): void {
  if (folders.length > 0) return;
  const arrange = `Put each class into a folder of its own: "${root}/<class>/<picture>.jpg"`;
  throw new Error(
    loose > 0
      ? `"${root}" holds ${loose} pictures but no class folders. ${arrange}`
      : `"${root}" is empty. ${arrange}`,
  );
}

function checkKnown(root: string, folders: readonly string[], classes: readonly string[]): void {
  const unknown = folders.find((name) => !classes.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, classes);
  const names = classes.slice(0, 10).join(", ") + (classes.length > 10 ? ", …" : "");
  throw new Error(
    `"${root}" holds the folder "${unknown}", which is not one of the ${classes.length} classes ` +
      `(${names}). ` +
      (near === undefined ? "Rename or remove it" : `Did you mean "${near}"?`),
  );
}

/** A folder of splits would otherwise pass for a data set whose classes are "train" and "val". */
async function checkSplits(root: string, folders: readonly string[]): Promise<void> {
  if (!folders.every((name) => SPLITS.includes(name.toLowerCase()))) return;
  for (const name of folders) {
    if (!(await list(join(root, name))).some(({ isFolder }) => isFolder)) return;
  }
  throw new Error(
    `"${root}" holds ${folders.map((name) => `"${name}"`).join(" and ")}, which look like parts ` +
      `of a data set rather than classes. Give one of them, such as "${join(root, folders[0]!)}"`,
  );
}

/** Adds the pictures of a folder and of those inside it to `paths`; answers how many other files there are. */
async function collect(
  root: string,
  folder: string,
  isImage: (name: string) => boolean,
  paths: string[],
  above: ReadonlySet<string>,
): Promise<number> {
  // A link to a folder that it lies in would be followed for ever.
  const real = await Deno.realPath(join(root, folder));
  if (above.has(real)) return 0;
  let ignored = 0;
  for (const { name, isFolder } of await list(join(root, folder))) {
    const path = join(folder, name);
    if (isFolder) ignored += await collect(root, path, isImage, paths, new Set([...above, real]));
    else if (isImage(name)) paths.push(path);
    else ignored++;
  }
  return ignored;
}

/** What lies in a folder, links followed, sorted by name, without hidden entries. */
async function list(folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  const entries: { name: string; isFolder: boolean }[] = [];
  try {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      if (name.startsWith(".") || name === "__MACOSX") continue;
      const isFolder = isSymlink
        ? await Deno.stat(join(folder, name)).then((found) => found.isDirectory, () => false)
        : isDirectory;
      entries.push({ name, isFolder });
    }
  } catch (error) {
    throw new Error(`Cannot read the folder "${folder}": ${reason(error)}`, { cause: error });
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.NotADirectory) {
    return "it is a file. Give the folder that holds the class folders";
  }
  return error instanceof Error ? error.message : String(error);
}
