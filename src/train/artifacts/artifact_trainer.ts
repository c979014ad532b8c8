import type { Checkpoint, PropertyValue } from "../../artifacts/checkpoint/checkpoint.ts";
import type { Tensors } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LinearSchedule } from "./linear_schedule.ts";
import type { StateParameter } from "./training_state.ts";

/**
 * Artifacts of on-device training, trained step by step on the stock ONNX Runtime, with the meaning
 * of the official runtime's C API: gradients add up until `lazyResetGrad`. Until it is set, the learning
 * rate is that which `buildArtifacts` was given, and 0.001 for official artifacts. `openTrainer` makes
 * one.
 */
export interface ArtifactTrainer {
  /** Names of what `trainStep` is fed: data, then labels or targets. */
  readonly trainingInputs: readonly string[];
  /** Names of what `trainStep` gives, the loss first. */
  readonly trainingOutputs: readonly string[];
  /** Names of what `evalStep` is fed. Throws `Error` where there is no evaluation model. */
  readonly evalInputs: readonly string[];
  /** Names of what `evalStep` gives. Throws `Error` where there is no evaluation model. */
  readonly evalOutputs: readonly string[];
  /** The parameters, in the order of the contiguous buffer. */
  readonly parameters: readonly StateParameter[];
  /** Facts of the user's own, saved with the checkpoint. */
  readonly properties: Map<string, PropertyValue>;
  /** Optimizer steps taken. */
  readonly steps: number;
  /** The learning rate of the next step. */
  learningRate: number;
  /** Gradients of a batch, added to those before; gives the loss and the other outputs. */
  trainStep(feeds: Tensors): Promise<Record<string, Tensor>>;
  /** Loss and outputs of a batch with the parameters as they are. */
  evalStep(feeds: Tensors): Promise<Record<string, Tensor>>;
  /** Changes the parameters by the gradients. Throws `Error` where there is no optimizer model. */
  optimizerStep(): void;
  /** The next training step replaces the gradients instead of adding to them. */
  lazyResetGrad(): void;
  /** From now on `schedulerStep` sets the learning rate by a line up and a line down. */
  linearSchedule(schedule: LinearSchedule): void;
  /** Sets the learning rate by the schedule; to be called after each optimizer step. */
  schedulerStep(): void;
  /** Number of elements of the contiguous buffer. */
  parametersSize(trainableOnly?: boolean): number;
  /** A copy of the parameters, one after the other. */
  copyParameters(trainableOnly?: boolean): Float32Array<ArrayBuffer>;
  /** Writes the parameters from one buffer. Throws `RangeError` where its length differs. */
  loadParameters(buffer: Float32Array, trainableOnly?: boolean): void;
  /** A copy of one parameter. */
  parameter(name: string): Tensor;
  /** A copy of the gradient gathered for a trainable parameter. */
  gradient(name: string): Tensor;
  /** Writes one parameter. */
  setParameter(name: string, value: Tensor): void;
  /** Everything as a checkpoint. */
  checkpoint(options?: CheckpointOptions): Checkpoint;
  /** Writes a checkpoint file, which official runtimes load. */
  saveCheckpoint(path: string | URL, options?: CheckpointOptions): Promise<void>;
  /** Frees the engine's memory. */
  release(): Promise<void>;
}

/** What goes into a checkpoint. */
export interface CheckpointOptions {
  /** Whether moments and the number of steps do. @default {false} */
  readonly includeOptimizerState?: boolean;
}
