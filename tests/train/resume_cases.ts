import {
  batchNorm,
  dropout,
  flatten,
  globalAveragePool,
  linear,
  relu,
} from "../../models/layers.ts";
import { input, network, output, toModel } from "../../models/network.ts";
import { conv2d } from "../../models/windows.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { freeze } from "../../src/onnx/select.ts";
import { int64s, tensor } from "../../src/tensor/tensor.ts";
import { rng } from "../../src/tensor/rng.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { earlyStopping } from "../../src/train/callbacks/early_stopping.ts";
import type { CheckpointPolicy } from "../../src/train/checkpoint_policy.ts";
import { fit, type FitOptions, type FitResult } from "../../src/train/fit.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { lookahead } from "../../src/train/optimizers/lookahead.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { mixUp } from "../../src/train/mix/mix_up.ts";
import { oneCycle } from "../../src/train/schedules/one_cycle.ts";
import { plateau } from "../../src/train/schedules/plateau.ts";

/** A run that must come out the same however often it is cut off. */
export interface ResumeCase {
  readonly model: Model;
  readonly train: Dataset;
  /** Options but for the folder; callbacks are made anew for each run. */
  readonly options: () => FitOptions;
  /** When checkpoints are written. */
  readonly policy: Omit<CheckpointPolicy, "folder">;
}

/** Convolution, batch normalisation, dropout and a layer for two classes, of pictures `[N, 3, 8, 8]`. */
export function smallNetwork(): Model {
  const net = network(3);
  const x = input(net, "x", ["batch", 3, 8, 8]);
  const y = conv2d(net, x, { name: "conv", channels: 6, kernel: 3, padding: 1 });
  const z = relu(net, batchNorm(net, y, { name: "bn" }), { name: "relu" });
  const pooled = flatten(net, globalAveragePool(net, z, { name: "pool" }), { name: "flatten" });
  const hidden = relu(net, linear(net, pooled, { name: "hidden", features: 8 }), { name: "act" });
  const dropped = dropout(net, hidden, { name: "drop", ratio: 0.3 });
  output(net, linear(net, dropped, { name: "fc", features: 2 }));
  return toModel(net, {
    name: "small",
    preprocessing: {
      heightPx: 8,
      widthPx: 8,
      resizePx: 8,
      interpolation: "bilinear",
      range: 1,
      mean: [0.5, 0.5, 0.5],
      std: [0.25, 0.25, 0.25],
      channels: "rgb",
      layout: "nchw",
    },
  });
}

/** Noisy pictures `[count, 12, 12, 3]` of two classes, one of them redder. */
export function pictures(count: number): Dataset {
  const random = rng("pictures", count);
  const data = Uint8Array.from(
    { length: count * 432 },
    (_, at) => random.integer(180) + (at % 3 === 0 && Math.floor(at / 432) % 2 === 1 ? 60 : 0),
  );
  const targets = int64s(Array.from({ length: count }, (_, index) => index % 2));
  return arrays({ images: tensor("uint8", [count, 12, 12, 3], data), targets });
}

/** Augmented pictures, batch normalisation by the batch, dropout, AdamW, a one-cycle rate, early stopping. */
const whole: ResumeCase = {
  model: smallNetwork(),
  train: pictures(10),
  options: () => ({
    validation: pictures(6),
    epochs: 6,
    batchSize: 4,
    optimizer: adamW({ learningRate: 0.05 }),
    schedule: oneCycle(),
    augment: "imagenet",
    seed: 7,
    callbacks: [earlyStopping({ patience: 1 })],
    verbose: false,
  }),
  policy: { everySteps: 1, keepLast: 2, keepBest: { monitor: "validationLoss" } },
};

/** A cached frozen part, and momentum for the rest. */
const frozen: ResumeCase = {
  model: freeze(smallNetwork(), { before: "hidden" }),
  train: pictures(22),
  options: () => ({
    epochs: 4,
    batchSize: 4,
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    seed: 8,
    verbose: false,
  }),
  policy: { everySteps: 2 },
};

/** Gradients gathered over two batches of mixed pictures that are drawn by class, and an average of the weights. */
const gathered: ResumeCase = {
  model: smallNetwork(),
  train: pictures(19),
  options: () => ({
    validation: pictures(6),
    epochs: 3,
    batchSize: 4,
    accumulate: 2,
    optimizer: lookahead(adamW({ learningRate: 0.05 }), { steps: 2 }),
    clip: { norm: 0.5 },
    average: { ema: { decay: 0.8, warmUp: true } },
    mix: mixUp(),
    sampler: "balanced",
    seed: 9,
    verbose: false,
  }),
  policy: { everySteps: 1 },
};

/** The mean of the weights of the last epochs, groups of parameters, and a rate that follows the results. */
const averaged: ResumeCase = {
  model: smallNetwork(),
  train: pictures(9),
  options: () => ({
    validation: pictures(6),
    epochs: 4,
    batchSize: 4,
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    schedule: plateau({ patience: 0, factor: 0.5 }),
    groups: [{ parameters: "head", learningRate: 0.2 }],
    average: { swa: { from: 0.25 } },
    seed: 10,
    verbose: false,
  }),
  policy: { everySteps: 2 },
};

/** The cases by name. */
export const CASES: Readonly<Record<string, ResumeCase>> = { whole, frozen, gathered, averaged };

/** Runs a case, with checkpoints where a folder is given. */
export function runCase(
  { model, train, options, policy }: ResumeCase,
  folder?: string,
  more: FitOptions = {},
): Promise<FitResult> {
  const { callbacks = [], ...rest } = options();
  return fit(model, train, {
    ...rest,
    ...(folder !== undefined && { checkpoint: { folder, ...policy } }),
    ...more,
    callbacks: [...callbacks, ...more.callbacks ?? []],
  });
}

/** What must be equal of two results: the history but for what the clock says. */
export function withoutTimes({ history, stopped }: FitResult): unknown {
  const epochs = history.epochs.map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest);
  return { epochs, stopped };
}
