import type { Loss } from "../artifacts/loss.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type ClassificationCounter,
  classificationCounter,
  type ClassificationResult,
  type CounterState,
} from "./metrics/classification.ts";
import { rowLoss } from "./metrics/host_loss.ts";

/** How well a model did on a data set. */
export interface Report extends Partial<ClassificationResult> {
  /** Mean loss. */
  readonly loss: number;
  /** Share of right answers; NaN where targets are not classes. */
  readonly accuracy: number;
  /** Number of examples. */
  readonly examples: number;
}

/** What a tally has added up, as plain data. */
export interface TallyState {
  readonly loss: number;
  readonly weight: number;
  readonly examples: number;
  readonly counter?: CounterState;
}

/** Adds up losses and answers over batches. */
export class Tally {
  #loss = 0;
  #weight = 0;
  #examples = 0;
  #counter: ClassificationCounter | undefined;

  /** `loss` is the one to report; a loss of one's own is not computed here. Goes on from `state`. */
  constructor(readonly loss: Loss, state?: TallyState) {
    if (!state) return;
    this.#loss = state.loss;
    this.#weight = state.weight;
    this.#examples = state.examples;
    const { counter } = state;
    if (counter) this.#counter = classificationCounter(counter.classes, counter);
  }

  /** What was added up so far. */
  get state(): TallyState {
    return {
      loss: this.#loss,
      weight: this.#weight,
      examples: this.#examples,
      ...(this.#counter && { counter: this.#counter.state() }),
    };
  }

  /** Examples so far. */
  get examples(): number {
    return this.#examples;
  }

  /**
   * Counts the first `count` rows of a batch of outputs. `loss` is its mean loss, where known. Throws
   * `TypeError` where there are no targets, or they do not fit the outputs.
   */
  add(
    output: Tensor,
    targets: Tensor | undefined,
    weights: Tensor<"float32">,
    count: number,
    loss?: number,
  ): void {
    if (!targets) throw new TypeError("The examples have no targets to compare the outputs with");
    const width = sizeOf(output.dims.slice(1));
    const scores = output.data as Float32Array;
    let batchWeight = 0;
    for (let row = 0; row < count; row++) batchWeight += weights.data[row]!;
    this.#weight += batchWeight;
    this.#examples += count;
    if (loss !== undefined && batchWeight !== 0) this.#loss += loss * batchWeight;
    const areClasses = targets.type === "int64" && targets.dims.length === 1 &&
      (this.loss === "crossEntropy" || typeof this.loss === "function");
    for (let row = 0; row < count; row++) {
      if (loss === undefined) {
        this.#loss += typeof this.loss === "string"
          ? weights.data[row]! * rowLoss(this.loss, output, row, targets)
          : NaN;
      }
      const label = Number(targets.data[row]);
      if (!areClasses || label >= width) continue;
      this.#counter ??= classificationCounter(width);
      this.#counter.add(scores, row * width, label);
    }
  }

  /** Mean loss so far. */
  get meanLoss(): number {
    return this.#weight === 0 ? NaN : this.#loss / this.#weight;
  }

  /** Share of right answers so far. */
  get accuracy(): number {
    return this.#counter?.accuracy ?? NaN;
  }

  /** What was counted. */
  report(labels: readonly string[] | undefined): Report {
    return {
      loss: this.meanLoss,
      accuracy: NaN,
      examples: this.#examples,
      ...this.#counter?.result(labels),
    };
  }
}
