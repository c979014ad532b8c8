import type { Tensors } from "../../runtime/runtime.ts";
import { arrayConstructor, type ArrayOf, type DataType } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { type Column, columnsOf, type RowLayout } from "./row_layout.ts";

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

/** Rows of bytes, in memory or in a file. */
export interface Rows {
  /** How many there are. */
  readonly count: number;
  /** The bytes of one; they may be overwritten by the next call. */
  read(index: number): Uint8Array;
  /** Gives up what is held. */
  close(): void;
}

/** Features of a data set, kept row by row. */
export class FeatureTable {
  readonly #columns: readonly Column[];

  /** A table over rows that hold features, targets and weights as `layout` says. */
  constructor(readonly rows: Rows, layout: RowLayout) {
    this.#columns = columnsOf(layout);
  }

  /** Rows that were read. */
  get length(): number {
    return this.rows.count;
  }

  /** The rows wanted as a batch of `size` rows, filled up with rows of weight 0. */
  batch(wanted: ArrayLike<number>, size: number): FeatureBatch {
    const arrays = this.#columns.map(({ type, dims }) => emptyOf(type, [size, ...dims]));
    const bytes = arrays.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset));
    for (let i = 0; i < size; i++) {
      const row = this.rows.read(wanted[i] ?? wanted[0]!);
      this.#columns.forEach(({ start, length }, at) =>
        bytes[at]!.set(row.subarray(start, start + length), i * length)
      );
    }
    const features: Record<string, Tensor> = {};
    this.#columns.forEach(({ name, kind }, at) => {
      if (kind === "feature") features[name] = arrays[at]!;
    });
    const of = (kind: Column["kind"]) =>
      arrays[this.#columns.findIndex((column) => column.kind === kind)]!;
    const weights = of("weight") as Tensor<"float32">;
    weights.data.fill(0, wanted.length);
    return { features, targets: of("target"), weights, count: wanted.length };
  }

  /** The class index of a row, where it has one. */
  target(index: number): number | undefined {
    const column = this.#columns.find(({ kind }) => kind === "target");
    if (column?.type !== "int64" || column.dims.length > 0) return undefined;
    const row = this.rows.read(index);
    return Number(new DataView(row.buffer, row.byteOffset).getBigInt64(column.start, true));
  }

  /** Gives up the memory or the file. */
  close(): void {
    this.rows.close();
  }
}

function emptyOf(type: DataType, dims: readonly number[]): Tensor {
  const data = new (arrayConstructor(type) as Float32ArrayConstructor)(sizeOf(dims));
  return tensor(type as "float32", dims, data as ArrayOf<"float32">);
}
