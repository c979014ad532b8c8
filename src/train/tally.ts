import type { Loss, LossDefinition } from "../artifacts/loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type ClassificationCounter,
  classificationCounter,
  type ClassificationResult,
  type ClassScores,
} from "./metrics/classification.ts";
import {
  type LabelScores,
  MultiLabelCounter,
  type MultiLabelResult,
} from "./metrics/multi_label.ts";
import { addedTerms, lossOfTerms, type TermSums } from "./loss_result.ts";
import { rowLoss } from "./metrics/host_loss.ts";

/** How well a model did on a data set. */
export interface Report
  extends
    Partial<ClassificationResult>,
    Partial<Omit<MultiLabelResult, keyof ClassificationResult>> {
  /** Mean loss. */
  readonly loss: number;
  /**
   * Share of right answers; of several that may hold at once each is one. NaN where targets are
   * numbers.
   */
  readonly accuracy: number;
  /** Number of examples. */
  readonly examples: number;
  /** By class; the average precision is there where several classes may hold at once. */
  readonly perClass?: readonly (ClassScores & Partial<LabelScores>)[];
}

/** How answers of yes and no are counted. */
export interface TallyOptions {
  /** Probability from which on an answer is yes. @default {0.5} */
  readonly threshold?: number;
  /** Whether all scores are kept, for average precision. @default {false} */
  readonly curves?: boolean;
}

/** Adds up losses and answers over batches. */
export class Tally {
  readonly #definition: LossDefinition;
  #loss = 0;
  #weight = 0;
  #terms: TermSums[] | undefined;
  #examples = 0;
  #counter: ClassificationCounter | undefined;
  #labels: MultiLabelCounter | undefined;

  /** `loss` is the one to report; those that are known by no name are not computed here. */
  constructor(readonly loss: Loss, readonly options: TallyOptions = {}) {
    this.#definition = lossOf(loss);
  }

  /**
   * Counts the first `count` rows of a batch of outputs. `loss` is its mean loss, where known, and
   * `terms` what that is made of. Throws `TypeError` where there are no targets, or they do not fit the
   * outputs.
   */
  add(
    output: Tensor,
    targets: Tensor | undefined,
    weights: Tensor<"float32">,
    count: number,
    loss?: number,
    terms?: readonly TermSums[],
  ): void {
    if (!targets) throw new TypeError("The examples have no targets to compare the outputs with");
    this.#addLoss(output, targets, weights, count, loss);
    if (terms) this.#terms = addedTerms(this.#terms, terms);
    this.#examples += count;
    if (this.#definition.targets === "labels") return this.#addLabels(output, targets, count);
    const width = sizeOf(output.dims.slice(1));
    for (let row = 0; row < count; row++) {
      const label = this.#labelOf(targets, row);
      if (label === undefined || !(label >= 0 && label < width)) continue;
      this.#counter ??= classificationCounter(width);
      this.#counter.add(output.data as Float32Array, row * width, label);
    }
  }

  #addLoss(
    output: Tensor,
    targets: Tensor,
    weights: Tensor<"float32">,
    count: number,
    loss: number | undefined,
  ): void {
    let batchWeight = 0;
    for (let row = 0; row < count; row++) {
      batchWeight += weights.data[row]!;
      if (loss !== undefined) continue;
      this.#loss += typeof this.loss === "string"
        ? weights.data[row]! * rowLoss(this.loss, output, row, targets)
        : NaN;
    }
    this.#weight += batchWeight;
    if (loss !== undefined && batchWeight !== 0) this.#loss += loss * batchWeight;
  }

  #addLabels(output: Tensor, targets: Tensor, count: number): void {
    const width = sizeOf(output.dims.slice(1));
    if (output.dims.length !== 2 || targets.data.length !== output.data.length) return;
    const { threshold = 0.5, curves = false } = this.options;
    const score = Math.log(threshold / (1 - threshold));
    this.#labels ??= new MultiLabelCounter(width, score, curves);
    for (let row = 0; row < count; row++) {
      this.#labels.add(output.data as Float32Array, targets.data, row * width);
    }
  }

  /** The class of an example, where targets are classes. */
  #labelOf(targets: Tensor, row: number): number | undefined {
    const { targets: kind, label } = this.#definition;
    const isPlain = targets.type === "int64" && targets.dims.length === 1;
    if (isPlain && (kind === "classes" || typeof this.loss === "function")) {
      return Number(targets.data[row]);
    }
    return label?.(targets, row);
  }

  /** Mean loss so far. */
  get meanLoss(): number {
    if (this.#terms) return lossOfTerms(this.#terms);
    return this.#weight === 0 ? NaN : this.#loss / this.#weight;
  }

  /** Share of right answers so far. */
  get accuracy(): number {
    return this.#labels?.accuracy ?? this.#counter?.result(undefined).accuracy ?? NaN;
  }

  /** What was counted. */
  report(labels: readonly string[] | undefined): Report {
    return {
      loss: this.meanLoss,
      accuracy: NaN,
      examples: this.#examples,
      ...(this.#labels ?? this.#counter)?.result(labels),
    };
  }
}
