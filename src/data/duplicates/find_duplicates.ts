import { z } from "zod";
import { fromFileUrl } from "@std/path";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions, show } from "../../tensor/options.ts";
import { sha256 } from "../../tensor/sha256.ts";
import { isImage, nameOf, openPicture, type PictureSource } from "../picture.ts";
import { UnreadableImageError } from "../unreadable_image_error.ts";
import { hammingDistance, type HashName, perceptualHash } from "./perceptual_hash.ts";
import type { PerceptualHash } from "./perceptual_hash.ts";
import { checkIndexed } from "../../tensor/check_indexed.ts";

/** Options of `findDuplicates`. */
export interface FindDuplicatesOptions {
  /** How pictures that look alike are found; "none" for equal files only. @default {"pHash"} */
  readonly near?: HashName | "none";
  /** In how many of 64 bits two that look alike may differ. @default {8} */
  readonly threshold?: number;
  /** Told how many pictures have been read. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture of a pair. */
export interface DuplicatePicture {
  /** Which of the data sets given it is in. */
  readonly dataset: number;
  /** Its place there. */
  readonly index: number;
  /** Its file, or what else it is called. */
  readonly name: string;
  /** Its class index, where it has one. */
  readonly target?: number;
}

/** Two pictures that are the same, or look it. */
export interface DuplicatePair {
  /** The one that comes first. */
  readonly first: DuplicatePicture;
  /** The other. */
  readonly second: DuplicatePicture;
  /** Whether they are equal byte by byte. */
  readonly isExact: boolean;
  /** In how many of 64 bits their looks differ. */
  readonly distance: number;
}

const AT_ONCE = 8;
const schema = z.strictObject({
  near: z.enum(["dHash", "pHash", "none"]).default("pHash"),
  threshold: z.int().min(0).max(64).default(8),
  onProgress: z.custom<(done: number, total: number) => void>((value) =>
    typeof value === "function"
  ).describe("a function").optional(),
});

/**
 * Pairs of pictures that are the same, byte by byte, or look alike, within a data set and across
 * several: such as pictures of the training data among those that it is measured on. Looks are compared
 * by perceptual hashes, which survive another size, format or quality, but not turning, mirroring or
 * a large crop. Pictures that cannot be read are passed over. Throws `TypeError` for data without
 * pictures.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { findDuplicates, pictures } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 2, data: new Uint8Array([1, 2, 3, 4, 5, 6]) };
 * const [train, test] = [pictures([{ image, name: "a" }]), pictures([{ image, name: "b" }])];
 * const [pair] = await findDuplicates([train, test]);
 * assertEquals([pair?.first.name, pair?.second.name, pair?.isExact], ["a", "b", true]);
 * ```
 */
export async function findDuplicates(
  datasets: Dataset | readonly Dataset[],
  options: FindDuplicatesOptions = {},
): Promise<DuplicatePair[]> {
  const { near, threshold, onProgress } = checkOptions("findDuplicates", schema, options);
  const all = Array.isArray(datasets) ? datasets as readonly Dataset[] : [datasets as Dataset];
  for (const dataset of all) checkIndexed("findDuplicates()", dataset);
  const seen = await readAll(all, near, onProgress);
  const pairs: DuplicatePair[] = [];
  for (let a = 0; a < seen.length; a++) {
    for (let b = a + 1; b < seen.length; b++) {
      const first = seen[a]!, second = seen[b]!;
      const isExact = first.content === second.content;
      if (!isExact && (!first.hash || !second.hash)) continue;
      const distance = isExact ? 0 : hammingDistance(first.hash!, second.hash!);
      if (distance > threshold && !isExact) continue;
      pairs.push({ first: first.picture, second: second.picture, isExact, distance });
    }
  }
  return pairs.sort((a, b) => Number(b.isExact) - Number(a.isExact) || a.distance - b.distance);
}

/** A picture that was read. */
interface Seen {
  readonly picture: DuplicatePicture;
  readonly content: string;
  readonly hash: PerceptualHash | undefined;
}

async function readAll(
  datasets: readonly Dataset[],
  near: HashName | "none",
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<Seen[]> {
  const places = datasets.flatMap((dataset, at) =>
    Array.from({ length: dataset.length }, (_, index) => ({ dataset: at, index }))
  );
  const seen: Seen[] = [];
  for (let start = 0; start < places.length; start += AT_ONCE) {
    const some = places.slice(start, start + AT_ONCE).map(async ({ dataset, index }) => {
      const from = datasets[dataset]!;
      const source = await sourceOf(from, index);
      if (!source) return undefined;
      const name = await nameIn(from, source, index);
      const target = from.target?.(index);
      const picture = { dataset, index, name, ...(target !== undefined && { target }) };
      try {
        return { picture, ...await look(source, name, near) };
      } catch (error) {
        if (error instanceof UnreadableImageError) return undefined;
        throw error;
      }
    });
    for (const one of await Promise.all(some)) if (one) seen.push(one);
    onProgress?.(Math.min(start + AT_ONCE, places.length), places.length);
  }
  return seen;
}

async function sourceOf(dataset: Dataset, index: number): Promise<PictureSource | undefined> {
  if (dataset.source) return dataset.source(index);
  const example = await dataset.get(index);
  if (example === undefined || example.image) return example?.image;
  throw new TypeError(
    `findDuplicates(): example ${index} is no picture, found ${show(Object.keys(example))}`,
  );
}

/** What a picture is called: pixels have a name in their data set only. */
async function nameIn(dataset: Dataset, source: PictureSource, index: number): Promise<string> {
  const known = isImage(source) ? (await dataset.get(index))?.name : undefined;
  return known ?? nameOf(source, index);
}

async function look(source: PictureSource, name: string, near: HashName | "none") {
  const bytes = await bytesOf(source, name);
  const content = isImage(source)
    ? `${source.widthPx}×${source.heightPx} ${await sha256(bytes)}`
    : await sha256(bytes);
  const opened = isImage(source) ? source : bytes;
  const hash = near === "none"
    ? undefined
    : await perceptualHash(await openPicture(opened, name), near);
  return { content, hash };
}

async function bytesOf(source: PictureSource, name: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (typeof source === "object" && !(source instanceof URL)) return source.data;
  try {
    if (typeof source === "string") return await Deno.readFile(source);
    if (source.protocol === "file:") return await Deno.readFile(fromFileUrl(source));
    const response = await fetch(source);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new UnreadableImageError(name, error);
  }
}
