import { assertAlmostEquals } from "@std/assert";
import { add, batchNorm, dropout, flatten, linear, relu } from "../../../models/layers.ts";
import { input, network, output, toModel } from "../../../models/network.ts";
import { conv2d, maxPool } from "../../../models/windows.ts";
import { arrays } from "../../../src/data/arrays.ts";
import type { Model } from "../../../src/onnx/model.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import type { Dataset } from "../../../src/tensor/dataset.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import type { FitOptions, FitResult } from "../../../src/train/fit.ts";
import { adafactor } from "../../../src/train/optimizers/adafactor.ts";
import { adagrad } from "../../../src/train/optimizers/adagrad.ts";
import { adam } from "../../../src/train/optimizers/adam.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { lamb } from "../../../src/train/optimizers/lamb.ts";
import { lion } from "../../../src/train/optimizers/lion.ts";
import { lookahead } from "../../../src/train/optimizers/lookahead.ts";
import { nadam } from "../../../src/train/optimizers/nadam.ts";
import type { Optimizer } from "../../../src/train/optimizers/optimizer.ts";
import { radam } from "../../../src/train/optimizers/radam.ts";
import { rmsprop } from "../../../src/train/optimizers/rmsprop.ts";
import { sam } from "../../../src/train/optimizers/sam.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { Run } from "../../../src/train/run.ts";
import { settingsFor } from "../../../src/train/settings_for.ts";
import { Trainer } from "../../../src/train/trainer.ts";
import { hashed } from "../../autodiff/golden_numbers.ts";

/** Height and width of the pictures, in pixels. */
export const SIZE = 8;

/** Convolution, batch normalisation, pooling, dropout, linear: everything that changes or is drawn. */
export function smallNetwork(): Model {
  const net = network(3);
  const x = input(net, "x", ["batch", 1, SIZE, SIZE]);
  let y = conv2d(net, x, {
    name: "conv",
    channels: 4,
    kernel: 3,
    padding: 1,
    bias: false,
  });
  y = relu(net, batchNorm(net, y, { name: "bn" }), { name: "relu" });
  y = flatten(net, maxPool(net, y, { name: "pool", kernel: 2 }), { name: "flat" });
  y = dropout(net, y, { name: "drop", ratio: 0.2 });
  output(net, linear(net, y, { name: "fc", features: 3 }));
  return toModel(net, { name: "small" });
}

/** The sum of `count` linear layers, "fc0" and on: one for each of several optimizers. */
export function linearLayers(count: number): Model {
  const net = network(3);
  const x = flatten(net, input(net, "x", ["batch", 1, SIZE, SIZE]), { name: "flat" });
  const layer = (at: number) => linear(net, x, { name: `fc${at}`, features: 3 });
  let y = layer(0);
  for (let at = 1; at < count; at++) y = add(net, [y, layer(at)], { name: `sum${at}` });
  output(net, y);
  return toModel(net, { name: "linear" });
}

/** Random pictures of three classes. */
export function data(count = 20): Dataset {
  const numbers = [...hashed("x", count * SIZE ** 2)].map((u) => 2 * u - 1);
  return arrays({
    inputs: { x: tensor("float32", [count, 1, SIZE, SIZE], numbers) },
    targets: tensor("int64", [count], Array.from({ length: count }, (_, i) => i % 3)),
  });
}

/** Trains a network, two epochs of five steps unless `options` say otherwise. */
export async function train(
  runtime: Runtime,
  options: FitOptions,
  { model = smallNetwork(), notes = [] }: { model?: Model; notes?: string[] } = {},
): Promise<FitResult> {
  const dataset = data();
  const settings = await settingsFor(model, dataset, {
    epochs: 2,
    batchSize: 4,
    verbose: false,
    ...options,
  });
  const trainer = new Trainer(runtime, model, settings, (line) => void notes.push(line));
  try {
    return await new Run(trainer, {
      given: dataset,
      train: dataset,
      validation: settings.validation,
    }).run();
  } finally {
    await trainer.release();
  }
}

/** Every weight must be within `tolerance` of the known one. */
export function assertSameWeights(found: Model, known: Model, tolerance: number): void {
  for (const { name, constant } of known.graph.constants()) {
    const other = found.graph.value(name).constant!.data as Float32Array;
    (constant!.data as Float32Array).forEach((one, at) =>
      assertAlmostEquals(other[at]!, one, tolerance, `${name} ${at}`)
    );
  }
}

/** Every optimizer. */
export const optimizers: readonly Optimizer[] = [
  sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  adam({ amsgrad: true }),
  adamW(),
  adagrad(),
  lion(),
  nadam(),
  radam(),
  rmsprop({ momentum: 0.5, centered: true }),
  adafactor(),
  lamb(),
  lookahead(sgd({ learningRate: 0.05 })),
  sam(sgd({ learningRate: 0.05 })),
];
