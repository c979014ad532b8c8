import type { Rng } from "../../tensor/rng.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A batch as it is mixed. */
export interface MixBatch {
  /** Inputs by name, `[N, …]`; pictures as bytes `[N, H, W, 3]` under the name "graft_images". */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** What the examples should give: distributions over the classes `[N, C]`, or numbers `[N, …]`. */
  readonly targets: Tensor<"float32">;
  /** How much each example counts, `[N]`. */
  readonly weights: Tensor<"float32">;
  /** Rows that are examples; they come first. */
  readonly count: number;
  /** Axis order of pictures among the inputs. */
  readonly layout: "nchw" | "nhwc";
}

/**
 * A change of a whole batch before the step, in two parts as in `Augmentation`: `sample` draws what to
 * do, `apply` does it.
 */
export interface Mix<Params = unknown> {
  /** Name, for messages and keys. */
  readonly name: string;
  /** What tells it from others of its name, as JSON. */
  readonly settings?: unknown;
  /** Draws what to do to a batch of `count` examples. */
  sample(random: Rng, count: number): Params;
  /** Does it; the arrays of the batch given stay as they are. */
  apply(batch: MixBatch, params: Params): MixBatch;
}

/** How the examples of a batch are mixed. */
export interface BatchMixing {
  /** Part of each example that stays its own, 0 to 1. */
  readonly share: number;
  /** Where in the batch the rest of each comes from. */
  readonly partners: ArrayLike<number>;
  /** Centre of the part cut out, as shares of width and height; for `cutMix`. */
  readonly centre?: readonly [number, number];
}
