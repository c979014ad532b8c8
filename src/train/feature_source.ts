import type { Tensors } from "../runtime/runtime.ts";
import { arrayConstructor, type ArrayOf, bytesPerElement } from "../tensor/dtype.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { batches, type HostBatch } from "./loader.ts";

/** What the trained part of a model reads, with the targets. */
export interface FeatureBatch {
  /** Tensors by name, `[N, ...]`. */
  readonly features: Tensors;
  /** Targets of the rows. */
  readonly targets: Tensor;
  /** Weights of the rows; 0 for those that only fill the batch. */
  readonly weights: Tensor<"float32">;
  /** Rows that are examples. */
  readonly count: number;
}

/** Features of a data set, kept row by row. */
export class FeatureTable {
  readonly #columns = new Map<string, Tensor>();
  #targets: Tensor | undefined;
  #weights = new Float32Array(0);
  #rows = 0;

  private constructor(readonly capacity: number) {}

  /** Rows that were read. */
  get length(): number {
    return this.#rows;
  }

  /**
   * Computes the features of every example once, in order; `undefined` where they would take more
   * than `limitBytes`.
   */
  static async build(
    dataset: Dataset,
    compute: (batch: HostBatch) => Promise<Tensors>,
    options: {
      batchSize: number;
      classCount: number | undefined;
      limitBytes: number;
      progress: (done: number) => void;
    },
  ): Promise<FeatureTable | undefined> {
    const table = new FeatureTable(dataset.length);
    const order = Uint32Array.from({ length: dataset.length }, (_, index) => index);
    for await (const batch of batches(dataset, { ...options, order })) {
      const features = await compute(batch);
      if (table.#rows === 0 && rowBytes(features) * dataset.length > options.limitBytes) {
        return undefined;
      }
      table.#append(features, batch);
      options.progress(table.#rows);
    }
    return table;
  }

  /** The rows wanted as a batch of `size` rows, filled up with rows of weight 0. */
  batch(rows: ArrayLike<number>, size: number): FeatureBatch {
    const features = [...this.#columns].map(([name, column]) => [name, picked(column, rows, size)]);
    const weights = new Float32Array(size);
    for (let i = 0; i < rows.length; i++) weights[i] = this.#weights[rows[i]!]!;
    return {
      features: Object.fromEntries(features),
      targets: picked(this.#targets!, rows, size),
      weights: tensor("float32", [size], weights),
      count: rows.length,
    };
  }

  #append(features: Tensors, batch: HostBatch): void {
    for (const [name, values] of Object.entries(features)) this.#column(name, values, batch.count);
    if (batch.targets) {
      this.#targets ??= allocated(batch.targets, this.capacity);
      copyRows(this.#targets, this.#rows, batch.targets, batch.count);
    }
    if (this.#weights.length === 0) this.#weights = new Float32Array(this.capacity);
    this.#weights.set(batch.weights.data.subarray(0, batch.count), this.#rows);
    this.#rows += batch.count;
  }

  #column(name: string, values: Tensor, count: number): void {
    let column = this.#columns.get(name);
    if (!column) this.#columns.set(name, column = allocated(values, this.capacity));
    copyRows(column, this.#rows, values, count);
  }
}

function rowBytes(features: Tensors): number {
  return Object.values(features).reduce(
    (sum, { type, dims }) => sum + bytesPerElement(type) * sizeOf(dims.slice(1)),
    0,
  );
}

function allocated(like: Tensor, rows: number): Tensor {
  return tensor(like.type, [rows, ...like.dims.slice(1)]);
}

function copyRows(into: Tensor, at: number, from: Tensor, count: number): void {
  const each = sizeOf(from.dims.slice(1));
  const part = (from.data as Float32Array).subarray(0, count * each);
  (into.data as Float32Array).set(part, at * each);
}

function picked(column: Tensor, rows: ArrayLike<number>, size: number): Tensor {
  const each = sizeOf(column.dims.slice(1));
  const from = column.data as Float32Array;
  const data = new (arrayConstructor(column.type) as Float32ArrayConstructor)(size * each);
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? rows[0]!;
    data.set(from.subarray(row * each, (row + 1) * each), i * each);
  }
  return {
    type: column.type,
    dims: [size, ...column.dims.slice(1)],
    data: data as ArrayOf<"float32">,
  } as Tensor;
}
