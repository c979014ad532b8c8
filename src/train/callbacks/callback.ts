import type { Model } from "../../onnx/model.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { EpochRecord, History } from "../history.ts";

/** What every event of a training run carries. */
export interface FitEvent {
  /** The weights as they are now, as a model; made when asked for. */
  model(): Model;
  /** Copies of what training changes, by name: the trained parameters and running statistics. */
  weights(): ReadonlyMap<string, Tensor>;
  /** Ends training after this event, as if the epochs were over; `reason` is shown. */
  stop(reason: string): void;
}

/** Training begins, or goes on from a checkpoint. */
export interface StartEvent extends FitEvent {
  /** Epochs to train, those before a resumption included. */
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Steps taken before this run, by a checkpoint. */
  readonly steps: number;
  /** The epochs that a checkpoint brings along. */
  readonly history: History;
}

/** A step was taken. */
export interface StepEvent extends FitEvent {
  /** The step; the first of the run is 1. */
  readonly step: number;
  /** The epoch; the first is 1. */
  readonly epoch: number;
  /** Mean loss of the batch. */
  readonly loss: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Examples in the batch. */
  readonly count: number;
}

/** An epoch ended, validation included. */
export interface EpochEvent extends FitEvent {
  /** What it came to. */
  readonly record: EpochRecord;
  /** All epochs so far, this one included. */
  readonly history: History;
}

/** Training ended. */
export interface EndEvent extends FitEvent {
  /** All epochs. */
  readonly history: History;
  /** Makes these the weights of the model that `fit` gives; names as in `weights()`. */
  use(weights: ReadonlyMap<string, Tensor>): void;
}

/** Plain data that a checkpoint can hold: JSON, where numbers may be NaN or infinite, and tensors. */
export type CallbackState =
  | null
  | boolean
  | number
  | string
  | Tensor
  | readonly CallbackState[]
  | { readonly [name: string]: CallbackState };

/**
 * Something that listens to a training run: what a logger, early stopping or a plot is made of. Every
 * moment is optional; `fit` waits for promises, and an error thrown ends training.
 *
 * Where a run goes on from a checkpoint, the steps after it happen again: a callback that writes down
 * steps drops what lies past `StartEvent.steps`.
 */
export interface Callback {
  /** What a checkpoint knows it by, for its state. @default {"callback"} */
  readonly name?: string;
  /** Training begins. */
  onStart?(event: StartEvent): void | Promise<void>;
  /** A step was taken. */
  onStep?(event: StepEvent): void | Promise<void>;
  /** An epoch ended. */
  onEpoch?(event: EpochEvent): void | Promise<void>;
  /** Training ended, by itself, by `stop` or by a signal; not after an error. */
  onEnd?(event: EndEvent): void | Promise<void>;
  /** What it must know again when the run goes on from a checkpoint. */
  state?(): CallbackState;
  /** Takes up what `state` gave; comes before `onStart`. */
  restore?(state: CallbackState): void;
}
