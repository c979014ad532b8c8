import type { Model } from "../onnx/model.ts";

/** What an epoch came to. */
export interface EpochRecord {
  /** The epoch; the first is 1. */
  readonly epoch: number;
  /** Mean training loss. */
  readonly loss: number;
  /** Training accuracy; NaN where targets are not classes. */
  readonly accuracy: number;
  /** Learning rate of the last step. */
  readonly learningRate: number;
  /** Seconds it took, validation left out. */
  readonly seconds: number;
  /** Training examples a second. */
  readonly imagesPerSecond: number;
  /** What the loss of float16 was multiplied by at its end. */
  readonly lossScale?: number;
  /** Steps that were skipped because gradients of float16 were not finite. */
  readonly skippedSteps?: number;
  /** On the validation data. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

/** What an epoch came to, without what it took. */
export type EpochOutcome = Pick<EpochRecord, "loss" | "accuracy" | "validation">;

/** What training came to. */
export interface History {
  /** By epoch. */
  readonly epochs: readonly EpochRecord[];
}

/** A trained model, and how it went. */
export interface FitResult {
  /** The trained model; the model as it was given where `dryRun` is true. */
  readonly model: Model;
  /** Losses and accuracies by epoch. */
  readonly history: History;
  /** Examples a step, as found for `batchSize: "auto"`. */
  readonly batchSize?: number;
  /** Why training ended before its last epoch, where a callback or the signal ended it. */
  readonly stopped?: string;
  /** True after a dry run: nothing was trained. */
  readonly dryRun?: true;
}
