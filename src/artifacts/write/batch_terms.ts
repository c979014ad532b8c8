import type { Builder } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { int64s, type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";

/** The batch size as a value of a graph, read off the first axis of an input. */
export class BatchSize {
  /** `sizes` are those that the constants were made for. */
  constructor(
    readonly g: Builder,
    readonly input: Value,
    readonly sizes: readonly number[],
  ) {}

  /** N as an int64 `[1]`. */
  get count(): Value {
    const { g } = this;
    const shape = g.op("Shape", [this.input], [this.input.shape!.length], {}, "int64");
    return g.slice(shape, [0], [0], [1]);
  }

  /** `offset` + `factor`·N, elementwise, of type int64. */
  linear(offset: Tensor, factor: Tensor): Value {
    const { g } = this;
    const product = g.mul(g.constant(factor), this.count);
    return this.shaped(g.add(g.constant(offset), product), offset.dims);
  }

  /** N has one axis, which a scalar shall not get. */
  shaped(value: Value, dims: readonly number[]): Value {
    return this.g.reshape(value, dims);
  }
}

/**
 * A constant that was `constants` at the batch sizes known, computed from the batch size: numbers that
 * are linear in it or its inverse, and tables that have a row for each example and are the same in
 * each, or go up from one to the next by equal steps. `undefined` for any other.
 */
export function expressed(batch: BatchSize, constants: readonly Tensor[]): Value | undefined {
  const [first] = constants as [Tensor];
  if (constants.some(({ type }) => type !== first.type)) return undefined;
  if (constants.every(({ dims }) => sameShape(dims, first.dims))) {
    return linear(batch, constants) ?? inverse(batch, constants);
  }
  return rows(batch, constants);
}

/** a + b·N. */
function linear(batch: BatchSize, constants: readonly Tensor[]): Value | undefined {
  const { g, sizes } = batch;
  const [first] = constants as [Tensor];
  const numbers = constants.map(toNumbers);
  const slope = numbers[0]!.map((number, at) =>
    (numbers[1]![at]! - number) / (sizes[1]! - sizes[0]!)
  );
  const offset = numbers[0]!.map((number, at) => number - slope[at]! * sizes[0]!);
  const whole = [...slope, ...offset].every(Number.isSafeInteger);
  const fits = numbers.every((list, which) =>
    list.every((number, at) => number === offset[at]! + slope[at]! * sizes[which]!)
  );
  if (!whole || !fits) return undefined;
  return g.cast(batch.linear(int64s(offset, first.dims), int64s(slope, first.dims)), first.type);
}

/** c / N, of a float type. */
function inverse(batch: BatchSize, constants: readonly Tensor[]): Value | undefined {
  const { g, sizes } = batch;
  const [first] = constants as [Tensor];
  if (first.type !== "float32" && first.type !== "float64") return undefined;
  const numbers = constants.map(toNumbers);
  const product = numbers[0]!.map((number, at) => {
    const found = number * sizes[0]!;
    const whole = Math.round(found);
    return Math.abs(found - whole) <= 1e-6 * Math.abs(found) ? whole : numbers[0]![at]! * sizes[0]!;
  });
  const fits = numbers.every((list, which) =>
    list.every((number, at) =>
      Math.abs(number * sizes[which]! - product[at]!) <= 1e-6 * Math.abs(product[at]!)
    )
  );
  if (!fits) return undefined;
  const quotient = g.div(
    g.constant(tensor(first.type, first.dims, product)),
    g.cast(batch.count, first.type),
  );
  return batch.shaped(quotient, first.dims);
}

/** A row for each example along one axis: row n is the first plus n times a step. */
function rows(batch: BatchSize, constants: readonly Tensor[]): Value | undefined {
  const { g, sizes } = batch;
  const axis = rowAxis(constants, sizes);
  if (axis === undefined) return undefined;
  const tables = constants.map((constant) => table(constant, axis));
  const [{ start, step }] = tables as [Rows];
  const alike = tables.every((one) =>
    one.isEven && start.every((x, at) => x === one.start[at]) &&
    step.every((x, at) => x === one.step[at])
  );
  if (!alike) return undefined;
  const { type, dims } = constants[0]!;
  const base = dims.with(axis, 1);
  const shape = batch.linear(
    int64s(dims.with(axis, 0)),
    int64s(dims.map((_, at) => at === axis ? 1 : 0)),
  );
  const first = g.constant(tensor(type, base, start));
  const spread = g.op("Expand", [first, shape], dims);
  if (step.every((x) => x === 0)) return spread;
  const scalars = [int64s([0], []), int64s([1], [])].map((one) => g.constant(one));
  const end = batch.shaped(batch.count, []);
  const range = g.op("Range", [scalars[0], end, scalars[1]], [dims[axis]!]);
  const places = dims.map((_, at) => at === axis ? dims[axis]! : 1);
  const upright = g.op("Reshape", [
    range,
    g.integers(dims.map((_, at) => at === axis ? -1 : 1)),
  ], places);
  return g.add(spread, g.mul(g.cast(upright, type), g.constant(tensor(type, base, step))));
}

/** The only axis whose length is the batch size. */
function rowAxis(constants: readonly Tensor[], sizes: readonly number[]): number | undefined {
  const { dims } = constants[0]!;
  const axes = dims.flatMap((dim, at) =>
    constants.some((one) => one.dims.length !== dims.length || one.dims[at] !== dim) ? [at] : []
  );
  const [axis] = axes;
  const isBatch = axes.length === 1 &&
    constants.every((one, which) => one.dims[axis!] === sizes[which]);
  return isBatch ? axis : undefined;
}

interface Rows {
  readonly start: readonly number[];
  readonly step: readonly number[];
  /** Whether every row is that far from the one before. */
  readonly isEven: boolean;
}

function table({ dims, ...value }: Tensor, axis: number): Rows {
  const numbers = toNumbers({ dims, ...value } as Tensor);
  const inner = sizeOf(dims.slice(axis + 1));
  const count = dims[axis]!;
  const outer = sizeOf(dims.slice(0, axis));
  const at = (o: number, n: number, i: number) => numbers[(o * count + n) * inner + i]!;
  const start: number[] = [];
  const step: number[] = [];
  let isEven = true;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      start.push(at(o, 0, i));
      step.push(at(o, 1, i) - at(o, 0, i));
      for (let n = 0; n < count; n++) {
        isEven &&= at(o, n, i) === start.at(-1)! + n * step.at(-1)!;
      }
    }
  }
  return { start, step, isEven };
}
