import type { Loss, LossDefinition } from "../artifacts/loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type ClassificationCounter,
  classificationCounter,
  type ClassificationResult,
  type ClassScores,
  type CounterState,
} from "./metrics/classification.ts";
import {
  type LabelCounts,
  type LabelScores,
  MultiLabelCounter,
  type MultiLabelResult,
  type TallyOptions,
} from "./metrics/multi_label.ts";
import { addedTerms, lossOfTerms, type LossResult, type TermSums } from "./loss_result.ts";
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

/** What a tally has added up, as plain data. */
export interface TallyState {
  readonly loss: number;
  readonly weight: number;
  readonly terms?: readonly TermSums[];
  readonly examples: number;
  readonly counter?: CounterState;
  readonly right?: RightAnswers;
  readonly labels?: LabelCounts;
}

/** Answers that were counted where the model ran. */
export interface RightAnswers {
  /** Those that were right. */
  readonly right: number;
  /** All of them. */
  readonly asked: number;
}

/** Adds up losses and answers over batches. */
export class Tally {
  readonly #definition: LossDefinition;
  #loss = 0;
  #weight = 0;
  #terms: readonly TermSums[] | undefined;
  #examples = 0;
  #counter: ClassificationCounter | undefined;
  #labels: MultiLabelCounter | undefined;
  #right: RightAnswers | undefined;

  /**
   * `loss` is the one to report; those that are known by no name are not computed here. Goes on from
   * `state`.
   */
  constructor(readonly loss: Loss, state?: TallyState, readonly options: TallyOptions = {}) {
    this.#definition = lossOf(loss);
    if (!state) return;
    this.#loss = state.loss;
    this.#weight = state.weight;
    this.#terms = state.terms;
    this.#examples = state.examples;
    const { counter, labels } = state;
    this.#right = state.right;
    if (counter) this.#counter = classificationCounter(counter.classes, counter);
    if (labels) this.#labels = new MultiLabelCounter(labels.classes.length, options, labels);
  }

  /** What was added up so far. */
  get state(): TallyState {
    return {
      loss: this.#loss,
      weight: this.#weight,
      ...(this.#terms && { terms: this.#terms }),
      examples: this.#examples,
      ...(this.#counter && { counter: this.#counter.state() }),
      ...(this.#labels && { labels: this.#labels.state() }),
      ...(this.#right && { right: this.#right }),
    };
  }

  /** Examples so far. */
  get examples(): number {
    return this.#examples;
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
      const label = this.#labelOf(targets, row, width);
      if (label === undefined || !(label >= 0 && label < width)) continue;
      this.#counter ??= classificationCounter(width);
      this.#counter.add(output.data as Float32Array, row * width, label);
    }
  }

  /** Counts a batch whose right answers were counted where the model ran: those of weight above 0. */
  addCounted(
    weights: Tensor<"float32">,
    count: number,
    { loss, right, terms }: LossResult & { readonly right: number },
  ): void {
    const own = weights.data.subarray(0, count);
    const weight = own.reduce((sum, one) => sum + one, 0);
    this.#weight += weight;
    if (weight !== 0) this.#loss += loss * weight;
    if (terms) this.#terms = addedTerms(this.#terms, terms);
    this.#examples += count;
    const before = this.#right ?? { right: 0, asked: 0 };
    const asked = own.reduce((sum, one) => sum + Number(one > 0), 0);
    this.#right = { right: before.right + right, asked: before.asked + asked };
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
    this.#labels ??= new MultiLabelCounter(width, this.options);
    for (let row = 0; row < count; row++) {
      this.#labels.add(output.data as Float32Array, targets.data, row * width);
    }
  }

  /** The class of an example, where targets are classes. */
  #labelOf(targets: Tensor, row: number, width: number): number | undefined {
    const { targets: kind, label } = this.#definition;
    const isPlain = targets.type === "int64" && targets.dims.length === 1;
    if (isPlain && (kind === "classes" || typeof this.loss === "function")) {
      return Number(targets.data[row]);
    }
    // Of a distribution over the classes, such as a mixture's, the likeliest counts as right.
    const areShares = kind === "classes" && targets.type === "float32" &&
      targets.dims.length === 2 && targets.dims[1] === width;
    return areShares ? likeliest(targets, row, width) : label?.(targets, row);
  }

  /** Mean loss so far. */
  get meanLoss(): number {
    if (this.#terms) return lossOfTerms(this.#terms);
    return this.#weight === 0 ? NaN : this.#loss / this.#weight;
  }

  /** Share of right answers so far. */
  get accuracy(): number {
    const counted = this.#right && this.#right.right / this.#right.asked;
    return counted ?? this.#labels?.accuracy ?? this.#counter?.accuracy ?? NaN;
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

/** The place of the greatest number of a row. */
function likeliest({ data }: Tensor, row: number, width: number): number {
  let best = 0;
  for (let at = 1; at < width; at++) {
    if (data[row * width + at]! > data[row * width + best]!) best = at;
  }
  return best;
}
