import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { batchNorm, flatten, linear, relu } from "../../../models/layers.ts";
import { input, network, output, toModel } from "../../../models/network.ts";
import { conv2d } from "../../../models/windows.ts";
import type { LossFunction } from "../../../src/artifacts/loss.ts";
import { arrays } from "../../../src/data/arrays.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import type { Dataset } from "../../../src/tensor/dataset.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { int64s, tensor } from "../../../src/tensor/tensor.ts";
import { DivergenceError } from "../../../src/train/divergence_error.ts";
import { evaluate } from "../../../src/train/evaluate.ts";
import { fit, type FitOptions, type FitResult } from "../../../src/train/fit.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { LossScale } from "../../../src/train/precision/loss_scale.ts";
import { Run } from "../../../src/train/run.ts";
import { settingsFor } from "../../../src/train/settings_for.ts";
import { Trainer } from "../../../src/train/trainer.ts";
import { multiplied } from "../small_models.ts";

/** The bars of a digit on a clock, `[left, top, width, height]`: three across, then four upright. */
const BARS = [
  ...[4, 13, 22].map((y) => [9, y, 10, 3]),
  ...[[7, 5], [18, 5], [7, 14], [18, 14]].map(([x, y]) => [x!, y!, 3, 10]),
];
/** Which of them are lit. */
const LIT = [
  "023456",
  "46",
  "01245",
  "01246",
  "1346",
  "01236",
  "012356",
  "046",
  "0123456",
  "012346",
];

/** Noisy digits of bars, a few pixels off their place. */
function clockDigits(count: number, seed: number): Dataset {
  const random = rng("clock", seed);
  const pixels = new Float32Array(count * 784).map(() => 0.3 * random.normal());
  for (let at = 0; at < count; at++) {
    const [right, down] = [random.integer(5) - 2, random.integer(4) - 2];
    for (const bar of LIT[at % 10]!) {
      const [left, top, width, height] = BARS[Number(bar)] as [number, number, number, number];
      for (let i = 0; i < width * height; i++) {
        const [x, y] = [left + right + i % width, top + down + Math.floor(i / width)];
        pixels[784 * at + 28 * y + x] = pixels[784 * at + 28 * y + x]! + 1;
      }
    }
  }
  const labels = int64s(Array.from({ length: count }, (_, at) => at % 10));
  return arrays({ inputs: { x: tensor("float32", [count, 1, 28, 28], pixels) }, targets: labels });
}

/** Two convolutions, batch normalisation and a layer for ten classes. */
function clockNetwork(): Model {
  const net = network(5);
  let y = input(net, "x", ["batch", 1, 28, 28]);
  for (const [at, channels] of [8, 16].entries()) {
    const convolved = conv2d(net, y, {
      name: `conv${at}`,
      channels,
      kernel: 3,
      stride: 2,
      padding: 1,
    });
    y = relu(net, batchNorm(net, convolved, { name: `bn${at}` }), { name: `relu${at}` });
  }
  output(net, linear(net, flatten(net, y, { name: "flat" }), { name: "fc", features: 10 }));
  return toModel(net, { name: "clock" });
}

Deno.test("fit() in float16 comes to the accuracy of float32", async () => {
  const [train, valid] = [clockDigits(800, 1), clockDigits(200, 2)];
  const optimizer = adamW({ learningRate: 1e-2 });
  const options = { epochs: 4, batchSize: 20, optimizer, verbose: false };
  const accuracy = async (precision: "float32" | "float16") => {
    const { model, history } = await fit(clockNetwork(), train, { ...options, precision });
    const report = await evaluate(model, valid, { verbose: false });
    return { accuracy: report.accuracy, last: history.epochs.at(-1)! };
  };
  const [known, found] = [await accuracy("float32"), await accuracy("float16")];
  assert(known.accuracy > 0.95, `${known.accuracy}`);
  assert(found.accuracy >= known.accuracy - 0.02, `${found.accuracy}`);
  assertAlmostEquals(found.last.loss, known.last.loss, 0.05);
  assertEquals(known.last.lossScale, undefined);
  assert(found.last.lossScale! >= 1);
});

/** `factor` times the squared errors. */
function errors(factor: number): LossFunction {
  return (g, output, target) => {
    const error = g.sub(output, target);
    return g.scale(g.reduceSum(g.mul(error, error), [1], false), factor);
  };
}

/** A loss of outputs that are to be nothing, large enough for a scale to be halved. */
const squares: LossFunction = (g, output) =>
  g.scale(g.reduceSum(g.mul(output, output), [1], false), 10);

const start = () => multiplied(Float32Array.from({ length: 6 }, (_, at) => at / 4));
const four = arrays({
  inputs: { x: tensor("float32", [4, 3], Array.from({ length: 12 }, (_, at) => at / 12)) },
  targets: tensor("float32", [4, 2]),
});
const plain: FitOptions = {
  batchSize: 4,
  optimizer: sgd({ learningRate: 1e-3 }),
  precision: "float16",
  verbose: false,
};

for (const accumulate of [1, 2]) {
  Deno.test(`a step whose gradients are too large is skipped, counted, and the scale halved (${accumulate})`, async () => {
    const steps: number[] = [];
    const { model, history } = await fit(start(), four, {
      ...plain,
      batchSize: 4 / accumulate,
      accumulate,
      epochs: 6,
      loss: errors(10),
      callbacks: [{ onStep: ({ step }) => void steps.push(step) }],
    });
    const [first] = history.epochs;
    assertEquals([first!.lossScale, first!.skippedSteps], [32768, 1]);
    const skipped = history.epochs.filter((one) => one.skippedSteps! > 0).length;
    assert(skipped > 1 && skipped < 6, `${skipped}`);
    const last = history.epochs.at(-1)!;
    assertEquals([last.lossScale, last.skippedSteps], [65536 / 2 ** skipped, 0]);
    // While steps are skipped nothing is learned, and what comes after is counted from 1.
    assertEquals(history.epochs[skipped]!.loss, first!.loss);
    assert(last.loss < first!.loss || skipped === 5);
    assertEquals(steps, Array.from({ length: 6 - skipped }, (_, at) => at + 1));
    assert(model.parameters.get("w.weight")!.value.data[5] !== 1.25);
  });
}

Deno.test("gradients that no scale makes finite are a divergence", async () => {
  const error = await assertRejects(
    () => fit(start(), four, { ...plain, epochs: 30, loss: errors(1e7) }),
    DivergenceError,
  );
  assert(error.message.includes('that of "w.weight" is the first'), error.message);
  // From 2^16 to 1 by halves.
  assertEquals(error.history.epochs.length, 16);
});

Deno.test("a loss that is not finite is a divergence at once, by the layer of half that made it so", async () => {
  const large = multiplied(Float32Array.from({ length: 6 }, () => 60000));
  const error = await assertRejects(
    () => fit(large, four, { ...plain, loss: "mse" }),
    DivergenceError,
  );
  assert(error.message.includes("MatMul"), error.message);
  assert(error.message.includes('or precision: "float32"'), error.message);
});

async function train(runtime: Runtime, model: Model, data: Dataset, options: FitOptions) {
  const settings = await settingsFor(model, data, options);
  const trainer = new Trainer(runtime, model, settings);
  try {
    return await new Run(trainer, { given: data, train: data, validation: undefined }).run();
  } finally {
    await trainer.release();
  }
}

for (const keepsResident of [false, true]) {
  const where = keepsResident ? "on a device" : "at home";
  Deno.test(`float16 ${where} resumes from a checkpoint bit for bit, its scale included`, async () => {
    const options: FitOptions = {
      ...plain,
      epochs: 5,
      optimizer: adamW({ learningRate: 1e-2 }),
      loss: squares,
    };
    const images = clockDigits(20, 4);
    const run = (more: FitOptions) =>
      train({ ...cpu, keepsResident }, clockNetwork(), images, { ...options, ...more });
    const whole = await run({});
    assert(whole.history.epochs[0]!.skippedSteps! > 0, "nothing to keep");
    const folder = await Deno.makeTempDir();
    try {
      const checkpoint = { folder, everySteps: 1 };
      const aborted = new AbortController();
      let left = 2;
      const stop = { onStep: () => void (--left === 0 && aborted.abort()) };
      await run({ checkpoint, signal: aborted.signal, callbacks: [stop] });
      const resumed = await run({ checkpoint, callbacks: [{}] });
      for (const [name, { value }] of whole.model.parameters) {
        assertEquals(resumed.model.parameters.get(name)!.value.data, value.data, name);
      }
      const scales = ({ history }: FitResult) =>
        history.epochs.map(({ lossScale, skippedSteps, loss }) => [lossScale, skippedSteps, loss]);
      assertEquals(scales(resumed), scales(whole));
      const other = run({ checkpoint, precision: "float32" });
      await assertRejects(() => other, RangeError, '"precision" ("float16" then, none now)');
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("float16 with everything on the device is float16 at home", async () => {
  const device: Runtime = { ...cpu, keepsResident: true };
  const images = clockDigits(40, 3);
  const cases: readonly [() => Model, Dataset, FitOptions][] = [
    [start, four, { ...plain, epochs: 6, loss: errors(10), clip: { norm: 1 } }],
    [clockNetwork, images, { ...plain, epochs: 3, batchSize: 10, loss: squares }],
  ];
  for (const [model, data, options] of cases) {
    const known = await train(cpu, model(), data, options);
    const found = await train(device, model(), data, options);
    found.history.epochs.forEach((epoch, at) => {
      const { loss, lossScale, skippedSteps } = known.history.epochs[at]!;
      assertEquals([epoch.lossScale, epoch.skippedSteps], [lossScale, skippedSteps]);
      assertAlmostEquals(epoch.loss, loss, 1e-3);
    });
    assert(known.history.epochs.some(({ skippedSteps }) => skippedSteps! > 0));
    for (const [name, { value }] of known.model.parameters) {
      const other = found.model.parameters.get(name)!.value.data as Float32Array;
      (value.data as Float32Array).forEach((one, i) => assertAlmostEquals(other[i]!, one, 1e-4));
    }
  }
  const endless = { ...plain, epochs: 30, loss: errors(1e7) };
  const error = await assertRejects(() => train(device, start(), four, endless), DivergenceError);
  const known = await assertRejects(() => train(cpu, start(), four, endless), DivergenceError);
  assertEquals(error.message, known.message);
});

Deno.test("the scale of a loss doubles after 2000 good steps in a row, as PyTorch's GradScaler has it", () => {
  const scale = new LossScale();
  for (let step = 0; step < 1999; step++) scale.taken();
  assertEquals(scale.scale, 65536);
  const kept = new LossScale();
  kept.restore(scale.state());
  kept.taken();
  assertEquals(kept.scale, 131072);
  assert(scale.overflowed());
  scale.taken();
  assertEquals([scale.scale, scale.skipped], [32768, 1]);
  for (let halved = 0; halved < 15; halved++) assert(scale.overflowed());
  assertEquals([scale.scale, scale.overflowed(), scale.skipped], [1, false, 16]);
});
