import type { Model } from "../../onnx/model.ts";
import type { EpochRecord, History } from "../fit_options.ts";

/** What every event of a training run carries. */
export interface FitEvent {
  /** The weights as they are now, as a model; made when asked for. */
  model(): Model;
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
}

/**
 * Something that listens to a training run: what a logger, early stopping or a plot is made of. Every
 * moment is optional; `fit` waits for promises, and an error thrown ends training.
 */
export interface Callback {
  /** Training begins. */
  onStart?(event: StartEvent): void | Promise<void>;
  /** A step was taken. */
  onStep?(event: StepEvent): void | Promise<void>;
  /** An epoch ended. */
  onEpoch?(event: EpochEvent): void | Promise<void>;
  /** Training ended, by itself, by `stop` or by a signal; not after an error. */
  onEnd?(event: EndEvent): void | Promise<void>;
}
