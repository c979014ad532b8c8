import type { Dataset } from "../tensor/dataset.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { batches, type HostBatch } from "./loader.ts";

/** Examples that are tried until one can be read. */
const MOST_TRIED = 2 ** 20;

/** The first example of a data set as a batch of `batchSize` rows, for their shapes. */
export async function firstBatch(
  dataset: Dataset,
  batchSize: number,
  classCount: number | undefined,
): Promise<HostBatch> {
  // Of a stream of unknown length, the first will do.
  const length = Math.min(dataset.length, MOST_TRIED);
  const order = Uint32Array.from({ length }, (_, index) => index);
  for await (const batch of batches(dataset, { batchSize: 1, order, classCount })) {
    return padded(batch, batchSize);
  }
  throw new RangeError("None of the examples could be read");
}

/** A batch filled up to `size` rows, the new ones of weight 0. */
export function padded(batch: HostBatch, size: number): HostBatch {
  const grow = (one: Tensor, repeat: boolean): Tensor => {
    const each = one.data.length / one.dims[0]!;
    const make = one.data.constructor as Float32ArrayConstructor;
    const data = new make(each * size);
    data.set(one.data as Float32Array);
    for (let row = one.dims[0]!; repeat && row < size; row++) data.copyWithin(row * each, 0, each);
    return { type: one.type, dims: [size, ...one.dims.slice(1)], data } as Tensor;
  };
  return {
    ...batch,
    inputs: Object.fromEntries(
      Object.entries(batch.inputs).map(([name, one]) => [name, grow(one, true)]),
    ),
    targets: batch.targets && grow(batch.targets, true),
    weights: grow(batch.weights, false) as Tensor<"float32">,
  };
}
