import type { Model } from "../onnx/model.ts";
import type { History } from "./history.ts";

/** Where the numbers went wrong. */
export interface Divergence {
  /** The epoch; the first is 1. */
  readonly epoch: number;
  /** The optimizer step; the first of the run is 1. */
  readonly step: number;
  /** Indices of the batch's examples in the data set. */
  readonly indices: readonly number[];
  /** Their names, where the data set has them. */
  readonly names: readonly (string | undefined)[];
  /** What was the first that is not finite. */
  readonly kind: DivergenceKind;
  /** Name of that input, parameter (of a gradient: its parameter) or node; empty for targets, weights and the loss. */
  readonly name: string;
}

/** What can be the first that is not finite. */
export type DivergenceKind =
  | "input"
  | "target"
  | "weight"
  | "parameter"
  | "node"
  | "gradient"
  | "loss"
  | "unknown";

/** The loss or a weight became NaN or infinite; the error carries the last good weights. */
export class DivergenceError extends Error {
  /** Its name. */
  override name = "DivergenceError";

  /** `model` has the last good weights. */
  constructor(
    message: string,
    /** The model as it was when the last epoch ended, or where the run went on, or before the first step. */
    readonly model: Model,
    /** The epochs that ended well. */
    readonly history: History,
    /** Where the numbers went wrong, and of which examples. */
    readonly where: Divergence,
  ) {
    super(message);
  }
}
