import type { Runtime } from "../../runtime/runtime.ts";
import type { Features } from "../extract_features.ts";
import { classifierBy, type FeatureClassifier } from "./classifier.ts";
import { lbfgs } from "./lbfgs.ts";
import { productOn } from "./products.ts";
import { type FeatureRows, labelled, type LabelledRows, sizeOfRows } from "./rows.ts";
import { type LinearMap, SoftmaxObjective } from "./softmax_objective.ts";

/** Where the features of a linear classifier come from, so that it can go back into the model. */
export type FeatureOrigin = Partial<Pick<Features, "layer" | "pooling" | "layerShape">>;

/** A linear classifier of features. */
export interface LogisticRegression extends FeatureClassifier, FeatureOrigin {
  /** One row a class, `[K, D]`. */
  readonly weight: Float32Array;
  /** One a class, `[K]`. */
  readonly bias: Float32Array;
  /** The objective reached: mean cross entropy and ‖W‖²/(2·C·N). */
  readonly loss: number;
  /** Steps taken. */
  readonly iterations: number;
  /** Whether it came to the optimum. */
  readonly converged: boolean;
  /** How little the weights were drawn to zero. */
  readonly C: number;
}

/** How a fit is done, whatever its C. */
export interface SoftmaxFitOptions {
  /** The largest slope that counts as none. @default {1e-5} */
  readonly tolerance?: number;
  /** Steps at most. @default {1000} */
  readonly maxIterations?: number;
  /** Whether there are biases. @default {true} */
  readonly bias?: boolean;
  /** How much the rows of each class count. @default {1 each} */
  readonly classWeights?: "balanced" | readonly number[];
}

/** Logit of a class that no row has. */
const NEVER = -1e4;

/** Fits softmax regressions to the same rows, each from where the last one came to. */
export class SoftmaxFit {
  #last: LinearMap;

  private constructor(
    readonly runtime: Runtime,
    readonly features: LabelledRows & FeatureOrigin,
    readonly options: SoftmaxFitOptions,
    readonly objective: SoftmaxObjective,
    /** The classes that rows have; the others are never predicted. */
    readonly present: readonly number[],
    readonly classCount: number,
  ) {
    const { width } = objective;
    this.#last = {
      weight: new Float64Array(present.length * width),
      bias: new Float64Array(present.length),
    };
  }

  /** Makes the products ready. */
  static async on(
    runtime: Runtime,
    features: LabelledRows & FeatureOrigin,
    options: SoftmaxFitOptions,
  ): Promise<SoftmaxFit> {
    const { rows, targets, classCount } = labelled("logisticRegression", features);
    const present = [...new Set(targets)].sort((a, b) => a - b);
    if (present.length < 2) {
      throw new RangeError(
        "logisticRegression(): all rows are of one class; two at least are needed",
      );
    }
    const perClass = classWeightsOf(options.classWeights, targets, classCount, present.length);
    const objective = await SoftmaxObjective.on(runtime, {
      rows,
      targets: targets.map((target) => present.indexOf(target)),
      classCount: present.length,
      weights: Float64Array.from(targets, (target) => perClass[target]!),
      bias: options.bias ?? true,
    });
    return new SoftmaxFit(runtime, features, options, objective, present, classCount);
  }

  /** The optimum for a C. */
  async at(
    C: number,
    onStep: (step: number, most: number, loss: number) => void = () => {},
  ): Promise<LogisticRegression> {
    const { objective, present, options: { tolerance = 1e-5, maxIterations = 1000 } } = this;
    // Two rows -w/2 and w/2 have half the squares of the one row w that is drawn to zero.
    const decay = (present.length === 2 ? 2 : 1) / (C * objective.total);
    const scaled = objective.at(decay);
    const found = await lbfgs(scaled.evaluate, scaled.pointOf(this.#last), {
      tolerance,
      maxIterations,
      onStep: (step, value) => onStep(step, maxIterations, value),
    });
    this.#last = scaled.mapOf(found.point);
    const { value: loss, iterations, converged } = found;
    const map = this.#expanded(this.#last);
    return { ...this.#classifier(map), ...map, loss, iterations, converged, C };
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    await this.objective.release();
  }

  #expanded({ weight, bias }: LinearMap): { weight: Float32Array; bias: Float32Array } {
    const { width } = this.objective;
    const all = new Float32Array(this.classCount * width);
    const biases = new Float32Array(this.classCount).fill(NEVER);
    this.present.forEach((target, c) => {
      all.set(weight.subarray(c * width, (c + 1) * width), target * width);
      biases[target] = bias[c]!;
    });
    return { weight: all, bias: biases };
  }

  #classifier({ weight, bias }: { weight: Float32Array; bias: Float32Array }) {
    const { classCount, runtime, features: { classes, layer, pooling, layerShape } } = this;
    const { width } = this.objective;
    const origin: FeatureOrigin = {
      ...layer !== undefined && { layer },
      ...pooling !== undefined && { pooling },
      ...layerShape && { layerShape },
    };
    const probabilities = async (rows: FeatureRows) => {
      const { count } = sizeOfRows("probabilities", rows, width);
      const product = await productOn(runtime, "A·Bᵀ");
      try {
        const logits = await product.of(
          { data: rows.data, rows: count, columns: width },
          { data: weight, rows: classCount, columns: width },
        );
        return softmaxed(logits, bias);
      } finally {
        await product.release();
      }
    };
    return { ...classifierBy({ classes, classCount }, probabilities), ...origin };
  }
}

/** Softmax of every row of logits and biases, in place. */
function softmaxed(logits: Float32Array, bias: Float32Array): Float32Array {
  const width = bias.length;
  for (let start = 0; start < logits.length; start += width) {
    const row = logits.subarray(start, start + width);
    const scores = Float64Array.from(row, (one, c) => one + bias[c]!);
    const top = scores.reduce((a, b) => Math.max(a, b));
    const exps = scores.map((one) => Math.exp(one - top));
    const sum = exps.reduce((a, b) => a + b);
    row.set(exps.map((one) => one / sum));
  }
  return logits;
}

/** `"balanced"` as scikit-learn has it: N / (classes · rows of the class). */
function classWeightsOf(
  given: SoftmaxFitOptions["classWeights"],
  targets: Int32Array,
  classCount: number,
  present: number,
): Float64Array {
  if (given === undefined) return new Float64Array(classCount).fill(1);
  if (given !== "balanced") {
    if (given.length === classCount) return Float64Array.from(given);
    throw new RangeError(
      `logisticRegression(): option "classWeights" needs ${classCount} numbers, found ${given.length}`,
    );
  }
  const counts = new Float64Array(classCount);
  for (const target of targets) counts[target]!++;
  return counts.map((count) => count > 0 ? targets.length / (present * count) : 0);
}
