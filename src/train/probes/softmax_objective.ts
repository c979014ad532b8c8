import type { Runtime } from "../../runtime/runtime.ts";
import type { Objective } from "./lbfgs.ts";
import { type Product, productOn } from "./products.ts";
import type { FeatureRows } from "./rows.ts";

/** Rows at a time. */
const ROWS = 8192;

/** What the objective is made of. */
export interface SoftmaxProblem {
  /** Rows `[N, D]`. */
  readonly rows: FeatureRows;
  /** Class index of each. */
  readonly targets: Int32Array;
  /** Number of classes. */
  readonly classCount: number;
  /** How much each row counts. */
  readonly weights: Float64Array;
  /** Whether there are biases. */
  readonly bias: boolean;
}

/** The objective in the parameters of the search. */
export interface ScaledObjective {
  /** Value and gradient at v. */
  readonly evaluate: Objective;
  /** The linear map that v stands for. */
  mapOf(v: Float64Array): LinearMap;
  /** The v of a linear map. */
  pointOf(map: LinearMap): Float64Array;
}

/** Sums over the rows: of the loss, and of its gradients by W and b. */
interface Sums {
  loss: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** Weights `[K, D]` and biases `[K]`. */
export interface LinearMap {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/**
 * The weighted mean cross entropy of a linear map, and decay/2·‖W‖², over parameters v that suit the
 * search: W = v·s and b = v_b·s_b − W·μ, with each feature's mean μ, and s such that the curvature
 * along every v is about 1. The optimum is the same, the way to it shorter.
 */
export class SoftmaxObjective {
  readonly #mean: Float64Array;
  readonly #variance: Float64Array;
  /** Sum of the weights of the rows. */
  readonly total: number;

  private constructor(
    readonly problem: SoftmaxProblem,
    readonly width: number,
    readonly forward: Product,
    readonly backward: Product,
  ) {
    const { mean, variance } = momentsOf(problem.rows);
    this.#mean = problem.bias ? mean : new Float64Array(width);
    this.#variance = problem.bias ? variance : variance.map((one, j) => one + mean[j]! ** 2);
    this.total = problem.weights.reduce((sum, one) => sum + one, 0);
  }

  static async on(runtime: Runtime, problem: SoftmaxProblem): Promise<SoftmaxObjective> {
    const [forward, backward] = [
      await productOn(runtime, "A·Bᵀ"),
      await productOn(runtime, "Aᵀ·B"),
    ];
    return new SoftmaxObjective(problem, problem.rows.shape[1]!, forward, backward);
  }

  /** The objective at a decay, over parameters v. */
  at(decay: number): ScaledObjective {
    const { width, problem: { classCount } } = this;
    // The curvature of cross entropy where all classes are equally likely, of the bias last.
    const flat = (classCount - 1) / classCount ** 2;
    const scales = Float64Array.from(
      { length: width + 1 },
      (_, j) => 1 / Math.sqrt(j < width ? flat * this.#variance[j]! + decay : flat),
    );
    const mapOf = (v: Float64Array) => this.#mapOf(v, scales);
    const evaluate: Objective = async (v, gradient) => {
      const map = mapOf(v);
      const sums = {
        loss: 0,
        weight: new Float64Array(classCount * width),
        bias: new Float64Array(classCount),
      };
      await this.#sumOver(map, sums);
      return this.#gradientOf(map, sums, { decay, scales, gradient });
    };
    return { evaluate, mapOf, pointOf: (map) => this.#pointOf(map, scales) };
  }

  /** Value, and gradient by v, from the sums over the rows. */
  #gradientOf(
    map: LinearMap,
    sums: Sums,
    { decay, scales, gradient }: {
      readonly decay: number;
      readonly scales: Float64Array;
      readonly gradient: Float64Array;
    },
  ): number {
    const { width, total, problem: { classCount, bias: hasBias } } = this;
    const mean = this.#mean;
    let value = sums.loss / total;
    for (let c = 0; c < classCount; c++) {
      const row = c * (width + 1);
      const error = sums.bias[c]!;
      for (let j = 0; j < width; j++) {
        const weight = map.weight[c * width + j]!;
        value += decay / 2 * weight * weight;
        const centred = (sums.weight[c * width + j]! - error * mean[j]!) / total;
        gradient[row + j] = (centred + decay * weight) * scales[j]!;
      }
      gradient[row + width] = hasBias ? error / total * scales[width]! : 0;
    }
    return value;
  }

  /** W and b from v, one row of v a class, its bias last. */
  #mapOf(v: Float64Array, scales: Float64Array): LinearMap {
    const { width, problem: { classCount, bias: hasBias } } = this;
    const weight = new Float64Array(classCount * width);
    const bias = new Float64Array(classCount);
    for (let c = 0; c < classCount; c++) {
      let shift = 0;
      for (let j = 0; j < width; j++) {
        const one = v[c * (width + 1) + j]! * scales[j]!;
        weight[c * width + j] = one;
        shift += one * this.#mean[j]!;
      }
      if (hasBias) bias[c] = v[c * (width + 1) + width]! * scales[width]! - shift;
    }
    return { weight, bias };
  }

  #pointOf({ weight, bias }: LinearMap, scales: Float64Array): Float64Array {
    const { width, problem: { classCount, bias: hasBias } } = this;
    const v = new Float64Array(classCount * (width + 1));
    for (let c = 0; c < classCount; c++) {
      let shift = 0;
      for (let j = 0; j < width; j++) {
        const one = weight[c * width + j]!;
        v[c * (width + 1) + j] = one / scales[j]!;
        shift += one * this.#mean[j]!;
      }
      if (hasBias) v[c * (width + 1) + width] = (bias[c]! + shift) / scales[width]!;
    }
    return v;
  }

  /** Σ weight·loss over the rows, with its gradients by W and b, added up in float64. */
  async #sumOver(map: LinearMap, sums: Sums): Promise<void> {
    const { width, problem: { rows, classCount } } = this;
    const count = rows.shape[0]!;
    const weight = { data: Float32Array.from(map.weight), rows: classCount, columns: width };
    for (let first = 0; first < count; first += ROWS) {
      const size = Math.min(ROWS, count - first);
      const data = rows.data.subarray(first * width, (first + size) * width);
      const x = { data, rows: size, columns: width };
      const logits = await this.forward.of(x, weight);
      sums.loss += this.#errors(logits, map.bias, first, sums.bias);
      const errors = { data: logits, rows: size, columns: classCount };
      addTo(sums.weight, await this.backward.of(errors, x));
    }
  }

  /** Turns logits into weight·(probability − target), in place; gives Σ weight·loss. */
  #errors(
    logits: Float32Array,
    bias: Float64Array,
    first: number,
    biasSums: Float64Array,
  ): number {
    const { classCount, targets, weights } = this.problem;
    const exps = new Float64Array(classCount);
    let loss = 0;
    for (let start = 0, row = first; start < logits.length; start += classCount, row++) {
      let top = -Infinity;
      for (let c = 0; c < classCount; c++) top = Math.max(top, logits[start + c]! + bias[c]!);
      let sum = 0;
      for (let c = 0; c < classCount; c++) {
        sum += exps[c] = Math.exp(logits[start + c]! + bias[c]! - top);
      }
      const target = targets[row]!;
      const weight = weights[row]!;
      loss += weight * (Math.log(sum) + top - logits[start + target]! - bias[target]!);
      for (let c = 0; c < classCount; c++) {
        const error = weight * (exps[c]! / sum - (c === target ? 1 : 0));
        logits[start + c] = error;
        biasSums[c]! += error;
      }
    }
    return loss;
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    await this.forward.release();
    await this.backward.release();
  }
}

/** Mean and variance of every column. */
function momentsOf({ data, shape }: FeatureRows) {
  const [count, width] = shape as [number, number];
  const mean = new Float64Array(width);
  const variance = new Float64Array(width);
  for (let row = 0, at = 0; row < count; row++) {
    for (let j = 0; j < width; j++) mean[j]! += data[at++]!;
  }
  for (let j = 0; j < width; j++) mean[j]! /= count;
  for (let row = 0, at = 0; row < count; row++) {
    for (let j = 0; j < width; j++) variance[j]! += (data[at++]! - mean[j]!) ** 2;
  }
  return { mean, variance: variance.map((sum) => sum / count) };
}

// Loops of their own: the engine of JavaScript does not speed up those of async functions.
function addTo(sums: Float64Array, part: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += part[i]!;
}
