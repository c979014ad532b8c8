import type { Checkpoint } from "../../artifacts/checkpoint/checkpoint.ts";
import type { Model } from "../../onnx/model.ts";

/** The property of a checkpoint in which `buildArtifacts` keeps the optimizer's learning rate. */
export const RATE_PROPERTY = "learning_rate";

/** What ONNX Runtime's on-device training works with: three models and the parameters. */
export interface TrainingFiles {
  /** `training_model.onnx`: loss and gradients of a batch. */
  readonly training: Uint8Array;
  /** `eval_model.onnx`: the loss of a batch, the network as it is used. */
  readonly evaluation?: Uint8Array | undefined;
  /** `optimizer_model.onnx`: what a step does to the parameters. */
  readonly optimizer?: Uint8Array | undefined;
  /** `checkpoint`: the parameters and the state of the optimizer. */
  readonly checkpoint: Checkpoint;
}

/**
 * Artifacts of on-device training. They are a model as well: the network with the parameters of the
 * checkpoint, which `fit`, `evaluate`, `predict` and `saveModel` take.
 */
export interface Artifacts extends Model, TrainingFiles {
  /** `eval_model.onnx`: the loss of a batch, the network as it is used. */
  readonly evaluation: Uint8Array;
  /** `optimizer_model.onnx`, where there is one. */
  readonly optimizer: Uint8Array | undefined;
}
