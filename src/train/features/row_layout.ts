import type { Tensors } from "../../runtime/runtime.ts";
import { bytesPerElement, type DataType } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { HostBatch } from "../loader.ts";

/** What one row holds: element types and shapes without the batch axis. */
export interface RowLayout {
  /** Features in order. */
  readonly features: readonly Part[];
  /** The target, where there is one. */
  readonly target: Part | undefined;
}

/** A tensor in a row. */
export interface Part {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
}

/** Where a tensor lies in a row. */
export interface Column extends Part {
  readonly kind: "feature" | "target" | "weight";
  /** First byte. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
}

/** Columns begin at multiples of this many bytes. */
const ALIGNED = 8;

/** The layout of the rows of a batch. */
export function layoutOf(features: Tensors, { targets }: HostBatch): RowLayout {
  const part = (name: string, { type, dims }: Tensor): Part => ({
    name,
    type,
    dims: dims.slice(1),
  });
  return {
    features: Object.entries(features).map(([name, values]) => part(name, values)),
    target: targets && part("target", targets),
  };
}

/** The columns of a layout, the weight last. */
export function columnsOf({ features, target }: RowLayout): Column[] {
  const parts: (Part & Pick<Column, "kind">)[] = [
    ...features.map((one) => ({ ...one, kind: "feature" as const })),
    ...target ? [{ ...target, kind: "target" as const }] : [],
    { name: "weight", type: "float32", dims: [], kind: "weight" },
  ];
  let start = 0;
  return parts.map((part) => {
    const length = bytesPerElement(part.type) * sizeOf(part.dims);
    const column = { ...part, start, length };
    start += Math.ceil(length / ALIGNED) * ALIGNED;
    return column;
  });
}

/** Bytes of a row. */
export function rowBytes(layout: RowLayout): number {
  const last = columnsOf(layout).at(-1)!;
  return last.start + ALIGNED;
}

/** The rows of a batch that are examples, as bytes one after the other. */
export function packed(layout: RowLayout, features: Tensors, batch: HostBatch): Uint8Array {
  const size = rowBytes(layout);
  const bytes = new Uint8Array(size * batch.count);
  for (const { kind, name, start, length } of columnsOf(layout)) {
    const { data } = kind === "feature"
      ? features[name]!
      : kind === "target"
      ? batch.targets!
      : batch.weights;
    const from = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let row = 0; row < batch.count; row++) {
      bytes.set(from.subarray(row * length, (row + 1) * length), row * size + start);
    }
  }
  return bytes;
}
