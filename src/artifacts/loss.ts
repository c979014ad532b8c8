import type { Builder } from "../autodiff/builder.ts";
import type { Value } from "../onnx/graph.ts";
import type { Model, Parameter } from "../onnx/model.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Ramp } from "./losses/ramp.ts";

/** Losses by name. */
export type LossName = "crossEntropy" | "mse" | "binaryCrossEntropy";

/**
 * A loss of one's own: from the model's output `[N, ...]` and the targets, one number an example,
 * `[N]`, or several such terms. `g` adds the operators; `context` has what else a loss may read.
 */
export type LossFunction = (
  g: Builder,
  output: Value,
  target: Value,
  context: LossContext,
) => Value | readonly LossTerm[];

/** One part of a loss; the loss of a batch is the sum of its parts. */
export interface LossTerm {
  /** One number an example, `[N]`, of which the mean is taken; or a scalar, added as it is. */
  readonly losses: Value;
  /**
   * By how much each example counts in the mean beside its own weight, `[N]`: the mean is
   * Σ vᵢ·lossᵢ / Σ vᵢ·weightᵢ with the examples' weights v, and 0 where all of that is 0.
   * @default {1 each}
   */
  readonly weights?: Value;
  /** What the mean is multiplied by. @default {1} */
  readonly factor?: number;
}

/** What a loss may read beside the output and the targets. */
export interface LossContext {
  /** How much each example counts, `[N]`; rows of 0 only fill the batch. Absent: all alike. */
  readonly weights: Value | undefined;
  /** Whether gradients are wanted: penalties on parameters are for training only. */
  readonly training: boolean;
  /** The parameters that are trained. */
  readonly parameters: readonly LossParameter[];
  /** What the model says of itself, by key (`metadata_props`). */
  readonly metadata: ReadonlyMap<string, string>;
  /** What the teacher of a loss puts out for the same inputs, where it has one. */
  readonly teacher: Value | undefined;
  /**
   * One of the loss's `outputs` by its name: an output of the model, or a layer inside it. Throws
   * `RangeError` where there is none.
   */
  output(name: string): Value;
  /**
   * One of the loss's `ramps` as it is now, a scalar; where nothing is trained, as it is at the end.
   * Throws `RangeError` where there is none.
   */
  ramp(name: string): Value;
}

/** A parameter as a loss sees it. */
export interface LossParameter extends Pick<Parameter, "name" | "head"> {
  /** The parameter as it is now. */
  readonly now: Value;
  /** Its elements when training began. */
  readonly start: Tensor;
}

/**
 * What targets are: indices of the classes that the outputs stand for; a yes (1) or no (0) for each
 * output; numbers; or indices of groups to which examples belong, whatever the outputs are.
 */
export type TargetKind = "classes" | "labels" | "numbers" | "groups";

/** A loss with what is known of it. `crossEntropy()` and its kin make one. */
export interface LossDefinition {
  /** Its name, for messages and checkpoints. */
  readonly name: string;
  /** Its options, by which a checkpoint tells one from another. @default {none} */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What targets are. */
  readonly targets: TargetKind;
  /** Adds the operators. */
  readonly losses: LossFunction;
  /** The operator at the end of a model which the loss contains already, so that it is left out. */
  readonly contains?: "Softmax" | "Sigmoid";
  /** A class index that stands for "unknown". */
  readonly ignoreIndex?: number;
  /**
   * What it reads beside the first output: other outputs of the model, or layers inside it by the name
   * of a node or value, or `"pool"`, what feeds the classifier.
   */
  readonly outputs?: readonly string[];
  /** Numbers in it that change over training, by name. */
  readonly ramps?: Readonly<Record<string, Ramp>>;
  /** A model that is run on the same inputs, without training. */
  readonly teacher?: Model;
  /** Completes a loss that depends on how many examples each class has. */
  readonly withCounts?: (counts: readonly number[]) => LossDefinition;
  /** The class index of an example, where targets hold more than that; `undefined` for none. */
  readonly label?: (targets: Tensor, row: number) => number | undefined;
}

/** A loss: by name, made by a function such as `focal()`, or one's own. */
export type Loss = LossName | LossDefinition | LossFunction;
