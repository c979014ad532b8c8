import type { GraphForm } from "./graph_form.ts";
import type { Rng } from "./rng.ts";
import type { Tensor } from "./tensor.ts";

/** A decoded picture: 8-bit RGB, rows from the top, three bytes a pixel. */
export interface Image {
  /** Pixels across. */
  readonly widthPx: number;
  /** Pixels down. */
  readonly heightPx: number;
  /** `heightPx · widthPx · 3` bytes: `[height, width, RGB]`. */
  readonly data: Uint8Array;
}

/** How a network wants its pictures: what happens between decoded pixels and its input. */
export interface Preprocessing {
  /** Height of the network's input, in pixels. */
  readonly heightPx: number;
  /** Width of the network's input, in pixels. */
  readonly widthPx: number;
  /** Length the shorter edge is resized to before the centre crop, in pixels (for evaluation). */
  readonly resizePx: number;
  /** Resampling filter. */
  readonly interpolation: "bilinear" | "bicubic" | "lanczos" | "nearest";
  /** What white is before normalisation: 1 (pixels divided by 255) or 255 (pixels as they are). */
  readonly range: 1 | 255;
  /** Subtracted per channel, in units of `range`; one number per channel. */
  readonly mean: readonly number[];
  /** Divided by per channel, in units of `range`; one number per channel. */
  readonly std: readonly number[];
  /** Order of the colour channels; `gray` is one channel of luminance. */
  readonly channels: "rgb" | "bgr" | "gray";
  /** Axis order of the network's input. */
  readonly layout: "nchw" | "nhwc";
}

/** One example of a data set: a picture or tensors, and what the network should answer. */
export interface Example {
  /** The picture, where the example is one. */
  readonly image?: Image;
  /** Tensors by input name, each without the batch axis. */
  readonly inputs?: Readonly<Record<string, Tensor>>;
  /** The class index, or a tensor of target values without the batch axis. Absent where unknown. */
  readonly target?: number | Tensor;
  /** How much the example counts in the loss. @default {1} */
  readonly weight?: number;
  /** What to call the example in messages, such as its file. */
  readonly name?: string;
}

/**
 * Examples by index. Anything with `length` and `get` will do; the rest is optional.
 *
 * `get` may be called for several indices at once, before the earlier ones have settled.
 */
export interface Dataset {
  /** Number of examples. */
  readonly length: number;
  /** Names of the classes, where targets are class indices. */
  readonly classes?: readonly string[];
  /**
   * The example at `index`, or `undefined` where it is to be left out (an unreadable file under
   * `onUnreadable: "skip"`). `epoch` tells a data set with random transforms which draw to give.
   */
  get(
    index: number,
    epoch?: number,
  ): Promise<Example | undefined> | Example | undefined;
  /** The target at `index` without reading the example, where that is cheap. */
  target?(index: number): number | undefined;
  /**
   * Whether examples come in their own order only, as a stream gives them: indices go on from epoch to
   * epoch, and `length` is that of an epoch, `Infinity` where it is unknown.
   */
  readonly sequential?: boolean;
  /** Whether `get` gives other examples in another epoch, so that nothing that is made of them may be kept. */
  readonly changing?: boolean;
  /** Where the picture at `index` comes from, undecoded: a path, an address, bytes or pixels. */
  source?(index: number): string | URL | Uint8Array | Image;
  /** What `get` left out so far. */
  readonly skipped?: readonly SkippedExample[];
  /**
   * A text that is another one when any example is another, by which features computed from the
   * examples are found again; `undefined` where that cannot be said.
   */
  fingerprint?(): Promise<string | undefined>;
  /** The same examples with their pictures made ready for a network. Absent where there are no pictures. */
  prepare?(options: PrepareOptions): Dataset;
}

/** An example that could not be read, and why. */
export interface SkippedExample {
  /** Its file or name. */
  readonly name: string;
  /** Why it could not be read. */
  readonly reason: string;
  /** Its place in the data set. */
  readonly index?: number;
}

/** How `Dataset.prepare` makes pictures ready. */
export interface PrepareOptions {
  /** What the network wants. */
  readonly preprocessing: Preprocessing;
  /** Random changes, in order, or a recipe by name. @default {"none"} */
  readonly augment?: Augment;
  /** Seed of the random changes. @default {0} */
  readonly seed?: number;
  /**
   * Whether the random changes are left to the training graph: examples then carry what was drawn for
   * them. @default {false}
   */
  readonly inGraph?: boolean;
}

/**
 * Random changes of pictures: a recipe by name or a list of transforms. "imagenet" is a random
 * resized crop (8 to 100 % of the area) and a flip; "gentle" suits small sets of pictures: a crop
 * of half the area or more, a flip, and a little brightness and contrast; "randaugment" and
 * "trivialaugment" are "imagenet" followed by these policies, for long training.
 */
export type Augment =
  | "none"
  | "imagenet"
  | "gentle"
  | "randaugment"
  | "trivialaugment"
  | readonly Augmentation[];

/**
 * A random change of a picture, in two parts: `sample` draws what to do, `apply` does it. A
 * transform with `crop` is done while the file is decoded (only the part that is needed, already
 * small); at most one transform of a list may have it, and it comes first.
 */
export interface Augmentation<Params = unknown> {
  /** Name, for messages and keys. */
  readonly name: string;
  /** What `apply` goes by beside what is drawn, as JSON; by it kept features are told apart. */
  readonly settings?: unknown;
  /** Draws what to do to a picture of the size given, in pixels. */
  sample(random: Rng, widthPx: number, heightPx: number): Params;
  /** The rectangle of the original to take, in pixels; it is then resized to the network's input. */
  crop?(params: Params): Rectangle;
  /** Does it to a picture that already has the network's input size. */
  apply(image: Image, params: Params): Image;
  /** The same as part of a training graph, where it can be: see `FitOptions.augmentOn`. */
  readonly inGraph?: GraphForm<Params>;
}

/** A part of a picture, in pixels. */
export interface Rectangle {
  /** Left edge. */
  readonly leftPx: number;
  /** Top edge. */
  readonly topPx: number;
  /** Width. */
  readonly widthPx: number;
  /** Height. */
  readonly heightPx: number;
}
