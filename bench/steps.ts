import {
  adamW,
  arrays,
  type Dataset,
  fit,
  type FitOptions,
  type MemoryMode,
  type Model,
  type Optimizer,
  sgd,
  type Tensor,
} from "../mod.ts";

/** A batch of the model's input with `count` examples of ten classes: numbers in [-1, 1). */
export function numbers(model: Model, count: number): Dataset {
  const { name, shape } = model.inputs[0]!;
  const dims = [count, ...shape.slice(1).map(Number)];
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => (i * 7919 % 1000) / 500 - 1);
  const x: Tensor = { type: "float32", dims, data };
  const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 10));
  const targets: Tensor = { type: "int64", dims: [count], data: labels };
  return arrays({ inputs: { [name]: x }, targets });
}

/** The examples of `dataset` over and over, `length` in all: they take the memory of one round. */
export function repeated(dataset: Dataset, length: number): Dataset {
  return { length, get: (index) => dataset.get(index % dataset.length) };
}

/** The same rows with zeros `[N, width]` for targets. */
export function regression(dataset: Dataset, width: number): Dataset {
  const target: Tensor = { type: "float32", dims: [width], data: new Float32Array(width) };
  const { length } = dataset;
  return { length, get: async (index) => ({ ...await dataset.get(index), target }) };
}

/** What `stepTimes` is told beside the model. */
export interface StepOptions {
  /** Examples a step. */
  readonly batchSize: number;
  /** Steps that are timed. @default {5} */
  readonly steps?: number;
  /** Steps before them, which compile and touch memory. @default {2} */
  readonly warmUp?: number;
  /** What a step keeps. @default {"normal"} */
  readonly memory?: MemoryMode;
}

/** The optimizer of every step that is measured beside PyTorch. */
export function momentum(): Optimizer {
  return sgd({ learningRate: 0.01, momentum: 0.9 });
}

/** Milliseconds of each of some steps of training. A schedule is asked before each, which tells when. */
export async function stepTimes(model: Model, options: StepOptions): Promise<number[]> {
  const { batchSize, steps = 5, warmUp = 2, memory = "normal" } = options;
  const marks: number[] = [];
  await fitSteps(model, numbers(model, batchSize), {
    steps: warmUp + steps + 1,
    batchSize,
    memory,
    optimizer: momentum(),
    schedule: () => {
      marks.push(performance.now());
      return 1;
    },
  });
  return marks.slice(1).map((mark, i) => mark - marks[i]!).slice(warmUp);
}

/**
 * Milliseconds of each of some updates of all parameters: the time from where the optimizer is asked
 * for the numbers of its step to where the schedule is asked for those of the next.
 */
export async function updateTimes(model: Model, options: {
  /** Rows of the model's input. */
  readonly dataset: Dataset;
  readonly optimizer?: Optimizer;
  /** Updates that are timed. @default {10} */
  readonly steps?: number;
  /** @default {"crossEntropy"} */
  readonly loss?: NonNullable<FitOptions["loss"]>;
}): Promise<number[]> {
  const { dataset, optimizer = adamW(), steps = 10, loss = "crossEntropy" } = options;
  const times: number[] = [];
  let start = NaN;
  await fitSteps(model, dataset, {
    steps: steps + 3,
    batchSize: dataset.length,
    loss,
    optimizer: {
      ...optimizer,
      scalars: (step, learningRate) => {
        const scalars = optimizer.scalars(step, learningRate);
        start = performance.now();
        return scalars;
      },
    },
    schedule: (step) => {
      if (step > 2) times.push(performance.now() - start);
      return 1;
    },
  });
  return times;
}

/** One epoch of `steps` steps over the same rows. */
export async function fitSteps(
  model: Model,
  dataset: Dataset,
  { steps, batchSize, ...options }: FitOptions & {
    readonly steps: number;
    readonly batchSize: number;
  },
): Promise<void> {
  await fit(model, repeated(dataset, steps * batchSize), {
    epochs: 1,
    batchSize,
    shuffle: false,
    device: "cpu",
    verbose: false,
    ...options,
  });
}

/** The middle of some numbers, the upper one of two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
