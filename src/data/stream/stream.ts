import { z } from "zod";
import type { Dataset, Example, SkippedExample } from "../../tensor/dataset.ts";
import { checkOptions, show } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import { asItIs } from "../decode.ts";
import { type Decode, nameOf, openPicture } from "../picture.ts";
import type { OnUnreadable } from "../picture_dataset.ts";
import type { PictureEntry } from "../pictures.ts";
import { preparedDecoder } from "../prepared.ts";
import { UnreadableImageError } from "../unreadable_image_error.ts";
import { shuffleBuffer } from "./shuffle_buffer.ts";
import { type StreamSource, Tape } from "./tape.ts";

/** What a stream gives: an example, or a picture that is yet to be decoded, with its target. */
export type StreamItem = Example | PictureEntry;

/** Options of `stream`. */
export interface StreamOptions {
  /** Examples of an epoch. @default unknown: `fit` then needs `stepsPerEpoch` */
  readonly length?: number;
  /** Names of the classes; targets are positions in this list. */
  readonly classes?: readonly string[];
  /** Examples among which the next is drawn at random; 0 keeps the order. @default {0} */
  readonly shuffleBuffer?: number;
  /** Seed of that draw. @default {0} */
  readonly seed?: number;
  /** Whether a picture that cannot be decoded is an error or left out and listed in `skipped`. @default {"error"} */
  readonly onUnreadable?: OnUnreadable;
}

const schema = z.strictObject({
  length: z.int().positive().optional(),
  classes: z.array(z.string()).min(1).optional(),
  shuffleBuffer: z.int().min(0).default(0),
  seed: z.number().default(0),
  onUnreadable: z.enum(["error", "skip"]).default("error"),
});

/**
 * A data set of examples that come one after the other: from a database, a network, a large archive.
 * `source` is an async iterable, or a function that gives one for each pass, counted from 0. Epochs go
 * on where the last one ended, and begin again where the source does. A resumed run passes over what
 * it has seen, so the source must give the same each time. Validation data must be a function with a
 * `length`. Throws `TypeError` for a source that is neither.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { stream } from "@graft/graft";
 *
 * async function* numbers() {
 *   for (const target of [3, 1, 2]) yield { target };
 * }
 * const dataset = stream(numbers, { length: 3 });
 * assertEquals((await dataset.get(1))?.target, 1);
 * assertEquals((await dataset.get(3))?.target, 3);
 * ```
 */
export function stream(
  source: StreamSource<StreamItem>,
  options: StreamOptions = {},
): Dataset {
  const { length = Infinity, classes, shuffleBuffer: size, seed, onUnreadable } = checkOptions(
    "stream",
    schema,
    options,
  );
  if (typeof source !== "function" && !(Symbol.asyncIterator in Object(source))) {
    throw new TypeError(
      `stream(): give an async iterable, or a function that gives one, found ${show(source)}`,
    );
  }
  const tape = new Tape(size === 0 ? source : shuffledSource(source, size, seed));
  const skipped: SkippedExample[] = [];
  const unreadable = new Set<number>();
  const read = async (index: number, decode: Decode, epoch: number) => {
    const item = await tape.at(index);
    const { image } = item;
    if (image === undefined) return item as Example;
    const name = item.name ?? nameOf(image, index);
    try {
      const decoded = await decode(await openPicture(image, name), index, epoch);
      return { ...item, ...decoded, name };
    } catch (error) {
      if (!(error instanceof UnreadableImageError) || onUnreadable === "error") throw error;
      if (!unreadable.has(index)) skipped.push({ name, reason: error.reason, index });
      unreadable.add(index);
      return undefined;
    }
  };
  const common = { length, sequential: true, skipped, ...(classes && { classes }) };
  return {
    ...common,
    get: (index, epoch = 0) => read(index, asItIs, epoch),
    prepare(wanted) {
      const decode = preparedDecoder(wanted);
      return { ...common, get: (index, epoch = 0) => read(index, decode, epoch) };
    },
  };
}

function shuffledSource(
  source: StreamSource<StreamItem>,
  size: number,
  seed: number,
): StreamSource<StreamItem> {
  const drawn = (items: AsyncIterable<StreamItem>, pass: number) =>
    shuffleBuffer(items, size, rng(seed, "stream", pass));
  return typeof source === "function" ? (pass) => drawn(source(pass), pass) : drawn(source, 0);
}
