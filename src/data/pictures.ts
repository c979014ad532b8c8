import { z } from "zod";
import type { Image } from "../tensor/dataset.ts";
import { checkOptions, show } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkClassIndex } from "./class_index.ts";
import { isImage, nameOf } from "./picture.ts";
import { type OnUnreadable, type PictureDataset, pictureDataset } from "./picture_dataset.ts";

/** One picture for `pictures`. */
export interface PictureEntry {
  /** A path, an address (`file:`, `http:`, `https:`), the bytes of a file, or pixels. */
  readonly image: string | URL | Uint8Array | Image;
  /** Class index, or target values without the batch axis. */
  readonly target?: number | Tensor;
  /** How much it counts in the loss. @default {1} */
  readonly weight?: number;
  /** What to call it in messages. @default its path, or its place in the list */
  readonly name?: string;
}

/** Options of `pictures`. */
export interface PicturesOptions {
  /** Names of the classes; targets are positions in this list. */
  readonly classes?: readonly string[];
  /** Whether a picture that cannot be decoded is an error or left out and listed in `skipped`. @default {"error"} */
  readonly onUnreadable?: OnUnreadable;
}

const schema = z.strictObject({
  classes: z.array(z.string()).min(1).optional(),
  onUnreadable: z.enum(["error", "skip"]).default("error"),
});

/**
 * A dataset of any list of pictures: files, addresses, bytes or pixels. Throws `TypeError` for an
 * entry that is none of these and `RangeError` for a target out of range.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pictures } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([255, 0, 0]) };
 * const dataset = pictures([{ image, target: 1 }], { classes: ["blue", "red"] });
 * assertEquals((await dataset.get(0))?.image, image);
 * assertEquals(dataset.target(0), 1);
 * ```
 */
export function pictures(
  items: readonly PictureEntry[],
  options: PicturesOptions = {},
): PictureDataset {
  const { classes, onUnreadable } = checkOptions("pictures", schema, options);
  items.forEach((entry, index) => checkEntry(entry, index, classes));
  return pictureDataset({
    length: items.length,
    source: (index) => items[index]!.image,
    name: (index) => items[index]!.name ?? nameOf(items[index]!.image, index),
    label: (index) => items[index]!,
    ...(classes === undefined ? {} : { classes }),
    onUnreadable,
  });
}

function checkEntry(
  entry: PictureEntry,
  index: number,
  classes: readonly string[] | undefined,
): void {
  const { image, target, weight } = entry;
  const isSource = typeof image === "string" || image instanceof URL ||
    image instanceof Uint8Array ||
    typeof image === "object" && image !== null && isImage(image);
  if (!isSource) {
    throw new TypeError(
      `pictures(): entry ${index} must have an image that is a path, a URL, bytes or ` +
        `{ widthPx, heightPx, data }, found ${show(image)}`,
    );
  }
  if (typeof image === "object" && !(image instanceof URL) && isImage(image)) {
    checkPixels(image, `pictures(): the image of entry ${index}`);
  }
  if (weight !== undefined && !(Number.isFinite(weight) && weight >= 0)) {
    throw new RangeError(
      `pictures(): the weight of entry ${index} must be a finite number, 0 or more, found ` +
        show(weight),
    );
  }
  if (typeof target === "number") {
    checkClassIndex(target, classes, `pictures(): the target of entry ${index}`);
  }
}

function checkPixels({ widthPx, heightPx, data }: Image, what: string): void {
  if (data.length === widthPx * heightPx * 3 && data.length > 0) return;
  throw new TypeError(
    `${what} must hold ${heightPx}·${widthPx}·3 bytes of RGB, found ${data.length}`,
  );
}
