import type { Dataset, Example, PrepareOptions, SkippedExample } from "../tensor/dataset.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asItIs } from "./decode.ts";
import { type Decode, openPicture, type Picture, type PictureSource } from "./picture.ts";
import { fingerprintOfPictures, preparationText } from "./fingerprint.ts";
import { preparedDecoder } from "./prepared.ts";
import { UnreadableImageError } from "./unreadable_image_error.ts";

/** A dataset of pictures. */
export interface PictureDataset extends Dataset {
  /** What could not be read so far, under `onUnreadable: "skip"`. */
  readonly skipped: readonly SkippedExample[];
  /** Where the picture at `index` comes from, undecoded. */
  source(index: number): PictureSource;
  /** The target at `index`, where it is a class index, without reading the picture. */
  target(index: number): number | undefined;
  /** Reads and decodes the picture at `index` at its own size. */
  get(index: number, epoch?: number): Promise<Example | undefined>;
  /** The same pictures at the size of a network's input, augmented anew each epoch. */
  prepare(options: PrepareOptions): Dataset;
}

/** What to do with a picture that cannot be decoded. */
export type OnUnreadable = "error" | "skip";

/** What belongs to a picture. */
export interface PictureLabel {
  /** Class index or target values. */
  readonly target?: number | Tensor;
  /** Weight in the loss. */
  readonly weight?: number;
}

/** What `pictureDataset` needs. */
export interface PictureDatasetOptions {
  /** Number of pictures. */
  readonly length: number;
  /** Where the picture at an index from 0 to `length - 1` comes from. */
  source(index: number): PictureSource;
  /** What to call the picture at an index. */
  name(index: number): string;
  /** What belongs to the picture at an index. */
  label(index: number): PictureLabel;
  /** Names of the classes. */
  readonly classes?: readonly string[];
  /** What to do with a picture that cannot be decoded. */
  readonly onUnreadable: OnUnreadable;
}

/** A dataset over pictures that are read when asked for; headers are read once and remembered. */
export function pictureDataset(options: PictureDatasetOptions): PictureDataset {
  const { length, classes, onUnreadable } = options;
  const skipped: SkippedExample[] = [];
  const unreadable = new Set<number>();
  const open = openRemembered(options);
  const read = async (index: number, decode: Decode, epoch: number) => {
    checkIndex(index, length);
    if (unreadable.has(index)) return undefined;
    const name = options.name(index);
    try {
      const picture = await open(index);
      const decoded = await decode(picture, index, epoch);
      const { target, weight } = options.label(index);
      return {
        ...decoded,
        name,
        ...(target !== undefined && { target }),
        ...(weight !== undefined && { weight }),
      };
    } catch (error) {
      if (!(error instanceof UnreadableImageError) || onUnreadable === "error") throw error;
      if (!unreadable.has(index)) skipped.push({ name, reason: error.reason, index });
      unreadable.add(index);
      return undefined;
    }
  };
  const common = {
    length,
    skipped,
    source(index: number): PictureSource {
      checkIndex(index, length);
      return options.source(index);
    },
    ...(classes === undefined ? {} : { classes }),
    target(index: number): number | undefined {
      checkIndex(index, length);
      const { target } = options.label(index);
      return typeof target === "number" ? target : undefined;
    },
  };
  const fingerprint = () => fingerprintOfPictures(length, options.source, options.label);
  return {
    ...common,
    get: (index, epoch = 0) => read(index, asItIs, epoch),
    fingerprint,
    prepare(wanted) {
      const decode = preparedDecoder(wanted);
      return {
        ...common,
        get: (index, epoch = 0) => read(index, decode, epoch),
        fingerprint: async () => {
          const pictures = await fingerprint();
          return pictures && `${pictures} ${preparationText(wanted)}`;
        },
      };
    },
  };
}

/** Reads the header of the picture at an index, once; pictures in memory are not kept a second time. */
function openRemembered(options: PictureDatasetOptions): (index: number) => Promise<Picture> {
  const opened: (Promise<Picture> | undefined)[] = [];
  return async (index) => {
    const opening = opened[index] ??= openPicture(options.source(index), options.name(index));
    try {
      const picture = await opening;
      if (picture.image !== undefined) delete opened[index];
      return picture;
    } catch (error) {
      delete opened[index];
      throw error;
    }
  };
}

/** Throws `RangeError` unless `index` is one of `length` examples. */
export function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(`There is no example ${index}; the data set has ${length}, from 0`);
  }
}
