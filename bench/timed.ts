import type { Dataset, FitOptions, Model, Optimizer } from "../mod.ts";
import { fitSteps, momentum } from "./steps.ts";

/** Steps that a measurement covers, after some that compile and touch memory. */
const STEPS = 3;
const WARM_UP = 2;

/** What `benchSteps` is told beside the name. */
export interface BenchOptions extends Pick<FitOptions, "loss" | "optimizer"> {
  /** The network, made when its turn comes. */
  readonly model: () => Model;
  /** The rows of one batch. */
  readonly dataset: (model: Model) => Dataset;
}

/** Registers a measurement of three steps of training; compilation is left out. */
export function benchSteps(name: string, { model, dataset, ...options }: BenchOptions): void {
  Deno.bench({
    name: `${name}: ${STEPS} steps`,
    n: 3,
    warmup: 1,
    fn: async (bench) => {
      const network = model();
      const rows = dataset(network);
      await fitSteps(network, rows, {
        optimizer: momentum(),
        ...options,
        batchSize: rows.length,
        steps: WARM_UP + STEPS + 1,
        schedule: (step) => {
          if (step === WARM_UP) bench.start();
          if (step === WARM_UP + STEPS) bench.end();
          return 1;
        },
      });
    },
  });
}

/** What `benchUpdate` is told beside the name. */
export interface UpdateBenchOptions extends BenchOptions {
  /** The optimizer whose update is measured. */
  readonly optimizer: Optimizer;
  /** Updates that are measured. @default {10} */
  readonly n?: number;
}

/** Registers a measurement of one update of all of a model's parameters, the gradients being there. */
export function benchUpdate(name: string, options: UpdateBenchOptions): void {
  const { model, dataset, n = 10, ...rest } = options;
  Deno.bench({
    name,
    n,
    warmup: 1,
    fn: async (bench) => {
      const network = model();
      const rows = dataset(network);
      let isStarted = false;
      await fitSteps(network, rows, {
        ...rest,
        batchSize: rows.length,
        steps: WARM_UP + 2,
        optimizer: {
          ...options.optimizer,
          scalars: (step, learningRate) => {
            // Some optimizers are asked once for each tensor.
            if (step === WARM_UP + 1 && !isStarted) bench.start();
            isStarted ||= step === WARM_UP + 1;
            return options.optimizer.scalars(step, learningRate);
          },
        },
        schedule: (step) => {
          if (step === WARM_UP + 1) bench.end();
          return 1;
        },
      });
    },
  });
}
