import { IMAGES } from "../artifacts/image_input.ts";
import { arrayConstructor, type ArrayOf } from "../tensor/dtype.ts";
import type { Dataset, Example } from "../tensor/dataset.ts";
import { show } from "../tensor/options.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import type { BatchMemory } from "./batch_memory.ts";

/** Examples put together, the batch axis first. */
export interface HostBatch {
  /** Inputs by name; pictures as bytes `[N, H, W, 3]` under the name `IMAGES`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Class indices int64 `[N]`, or float32 targets `[N, ...]`; `undefined` where unknown. */
  readonly targets: Tensor | undefined;
  /** How much each row counts, `[N]`; 0 for rows that only fill the batch. */
  readonly weights: Tensor<"float32">;
  /** Rows that are examples; they come first. */
  readonly count: number;
  /** Index of each of those in the data set. */
  readonly indices: readonly number[];
}

/** How batches are made. */
export interface BatchOptions {
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Indices in the order they are wanted. */
  readonly order: ArrayLike<number>;
  /** Which draw of random transforms to give. @default {0} */
  readonly epoch?: number;
  /** How often each of the order came before in the epoch: further draws for those that come again. */
  readonly repeats?: ArrayLike<number> | undefined;
  /** Whether the last batch is filled up with rows of weight 0, or stays short. @default {true} */
  readonly pad?: boolean;
  /** Number of classes, where targets are class indices, to check them. */
  readonly classCount?: number | undefined;
  /** Where inputs are put together; a batch made in it ends with the next. @default {memory of its own for each} */
  readonly memory?: BatchMemory | undefined;
}

/** An example on its way. */
interface Pending {
  readonly index: number;
  readonly example: Example | undefined | PromiseLike<Example | undefined>;
}

/** Examples that are asked for ahead of need, so that pictures decode while the engine computes. */
const AHEAD_BATCHES = 2;
const MOST_AHEAD = 64;
/** The draws of an example that comes again in an epoch lie this far beyond those of the epochs. */
const DRAWS = 2 ** 32;

/**
 * Batches of a data set, in order. Examples are asked for ahead of need; those that a data set leaves
 * out are left out. Throws `TypeError` for examples that do not fit together, `RangeError` for a
 * class index out of range, each naming the example.
 */
export async function* batches(
  dataset: Dataset,
  options: BatchOptions,
): AsyncGenerator<HostBatch, void, void> {
  const { batchSize, order, epoch = 0, repeats } = options;
  const ahead = Math.max(batchSize + 1, Math.min(AHEAD_BATCHES * batchSize, MOST_AHEAD));
  const pending: Pending[] = [];
  let next = 0;
  const ask = () => {
    while (pending.length < ahead && next < order.length) {
      const index = order[next]!;
      const example = dataset.get(index, epoch + (repeats?.[next] ?? 0) * DRAWS);
      next++;
      // A failure is met where the example is needed; until then it must not end the process.
      if (isPromise(example)) example.then(undefined, () => {});
      pending.push({ index, example });
    }
  };
  let rows: Example[] = [];
  let indices: number[] = [];
  for (ask(); pending.length > 0; ask()) {
    const { index, example } = pending.shift()!;
    const ready = isPromise(example) ? await example : example;
    if (!ready) continue;
    rows.push(ready);
    indices.push(index);
    if (rows.length < batchSize) continue;
    yield stack(rows, indices, options);
    rows = [];
    indices = [];
  }
  if (rows.length > 0) yield stack(rows, indices, options);
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

function stack(rows: readonly Example[], indices: readonly number[], options: BatchOptions) {
  const { memory } = options;
  const size = options.pad === false ? rows.length : options.batchSize;
  const first = rows[0]!;
  const inputs: Record<string, Tensor> = {};
  if (first.image) {
    inputs[IMAGES] = stacked(
      rows,
      indices,
      size,
      "picture",
      ({ image }) =>
        image &&
        tensor("uint8", [image.heightPx, image.widthPx, 3], image.data as Uint8Array<ArrayBuffer>),
      memory,
    );
  }
  for (const name of Object.keys(first.inputs ?? {})) {
    const what = `input "${name}"`;
    inputs[name] = stacked(rows, indices, size, what, (row) => row.inputs?.[name], memory);
  }
  const weights = new Float32Array(size);
  rows.forEach((row, i) => weights[i] = checkedWeight(row, indices[i]!));
  return {
    inputs,
    targets: targetsOf(rows, indices, size, options.classCount),
    weights: tensor("float32", [size], weights),
    count: rows.length,
    indices,
  };
}

function checkedWeight(row: Example, index: number): number {
  const { weight = 1 } = row;
  if (Number.isFinite(weight) && weight >= 0) return weight;
  throw new RangeError(
    `The weight of ${nameOf(row, index)} must be a finite number, 0 or more, found ${show(weight)}`,
  );
}

function targetsOf(
  rows: readonly Example[],
  indices: readonly number[],
  size: number,
  classCount: number | undefined,
): Tensor | undefined {
  const first = rows[0]!.target;
  if (first === undefined) return undefined;
  if (typeof first !== "number") {
    return stacked(
      rows,
      indices,
      size,
      "target",
      ({ target }) => typeof target === "object" ? asFloat(target) : undefined,
    );
  }
  const labels = new BigInt64Array(size);
  rows.forEach((row, i) => {
    const label = row.target;
    const fits = typeof label === "number" && Number.isInteger(label) && label >= 0 &&
      label < (classCount ?? Infinity);
    if (!fits) {
      throw new RangeError(
        `The target of ${nameOf(row, indices[i]!)} must be a class index from 0` +
          (classCount === undefined ? " on" : ` to ${classCount - 1}`) +
          `, found ${show(label)}; give targets that are no class indices as tensors`,
      );
    }
    labels[i] = BigInt(label);
  });
  return tensor("int64", [size], labels);
}

/** One tensor of all rows; rows beyond the last repeat the first, so that they hold sane numbers. */
function stacked(
  rows: readonly Example[],
  indices: readonly number[],
  size: number,
  what: string,
  part: (row: Example) => Tensor | undefined,
  memory?: BatchMemory,
): Tensor {
  const first = part(rows[0]!)!;
  const each = sizeOf(first.dims);
  const data =
    memory?.take(what, first.type, each * size) as Float32Array<ArrayBuffer> | undefined ??
      new (arrayConstructor(first.type) as Float32ArrayConstructor)(each * size);
  rows.forEach((row, i) => {
    const one = part(row);
    if (!one || one.type !== first.type || !sameShape(one.dims, first.dims)) {
      throw new TypeError(
        `The ${what} of ${nameOf(row, indices[i]!)} is ` +
          `${one ? `${one.type}[${one.dims}]` : "not there"}, that of ` +
          `${nameOf(rows[0]!, indices[0]!)} is ${first.type}[${first.dims}]; ` +
          "examples of a batch must have one type and shape",
      );
    }
    data.set(one.data as Float32Array, i * each);
  });
  for (let i = rows.length; i < size; i++) data.copyWithin(i * each, 0, each);
  return {
    type: first.type,
    dims: [size, ...first.dims],
    data: data as ArrayOf<typeof first.type>,
  };
}

function asFloat(target: Tensor): Tensor {
  if (target.type === "float32" || target.type === "int64") return target;
  return tensor("float32", target.dims, toNumbers(target));
}

function nameOf(row: Example, index: number): string {
  return row.name ? `"${row.name}"` : `example ${index}`;
}
