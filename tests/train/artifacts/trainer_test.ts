import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { arrays } from "../../../src/data/arrays.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import type { ArtifactTrainer } from "../../../src/train/artifacts/artifact_trainer.ts";
import type { TrainingFiles } from "../../../src/train/artifacts/artifacts.ts";
import { exportInference } from "../../../src/train/artifacts/export_inference.ts";
import { loadArtifacts } from "../../../src/train/artifacts/load_artifacts.ts";
import { openTrainer } from "../../../src/train/artifacts/open_trainer.ts";
import { fit } from "../../../src/train/fit.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { readFeeds } from "../../artifacts/read/official_training.ts";
import { sharedTest } from "../../shared.ts";

const CONV1D = "data/ort-training-artifacts/onnxruntime_go-conv1d";
const MNIST = "data/ort-training-artifacts/ort-mnist-mlp";
const ORT_FORMAT = "data/ort-training-artifacts/ort-format-mlp";
const FEEDS = "reference/ort-training-wasm/conv1d-feeds.json";
const MNIST_FEEDS = "reference/ort-training-wasm/mnist-feeds.json";

async function mnistFiles(checkpoint: string, folder: URL): Promise<TrainingFiles> {
  const path = (name: string) => join(fromFileUrl(folder), name);
  return {
    training: await Deno.readFile(path("training_model.onnx")),
    evaluation: await Deno.readFile(path("eval_model.onnx")),
    optimizer: await Deno.readFile(path("adamw.onnx")),
    checkpoint: await readCheckpoint(path(checkpoint)),
  };
}

function lossOf(
  trainer: ArtifactTrainer,
  outputs: Awaited<ReturnType<ArtifactTrainer["trainStep"]>>,
) {
  return Number(outputs[trainer.trainingOutputs[0]!]!.data[0]);
}

sharedTest("openTrainer() takes the steps of the official runtime", [MNIST, MNIST_FEEDS], async (
  folder,
  path,
) => {
  const trainer = await openTrainer(await mnistFiles("checkpoint.ckpt", folder!));
  const feeds = await readFeeds(path!);
  for (const expected of [2.2543895, 0.7131874, 0.1752452]) {
    const evaluated = (await trainer.evalStep(feeds))[trainer.evalOutputs[0]!];
    assertAlmostEquals(Number(evaluated!.data[0]), expected, 1e-5);
    assertAlmostEquals(lossOf(trainer, await trainer.trainStep(feeds)), expected, 1e-5);
    trainer.optimizerStep();
    trainer.lazyResetGrad();
  }
  assertEquals(trainer.steps, 3);
  await trainer.release();
});

sharedTest(
  "a nominal checkpoint trains once its parameters are given",
  [MNIST, MNIST_FEEDS],
  async (
    folder,
    path,
  ) => {
    const full = await openTrainer(await mnistFiles("checkpoint.ckpt", folder!));
    const nominal = await openTrainer(await mnistFiles("nominal_checkpoint", folder!));
    const feeds = await readFeeds(path!);
    await assertRejects(() => nominal.trainStep(feeds), Error, "is nominal");
    nominal.loadParameters(full.copyParameters(false), false);
    assertEquals(await nominal.trainStep(feeds), await full.trainStep(feeds));
    await full.release();
    await nominal.release();
  },
);

sharedTest("gradients add up until they are reset", [CONV1D, FEEDS], async (folder, path) => {
  const artifacts = await loadArtifacts(folder!);
  const feeds = await readFeeds(path!);
  const stepped = async (times: number, reset: boolean) => {
    const trainer = await openTrainer({ ...artifacts, optimizer: undefined });
    for (let step = 0; step < times; step++) {
      if (reset) trainer.lazyResetGrad();
      await trainer.trainStep(feeds);
    }
    const names = trainer.parameters.map(({ name }) => name);
    const gradients = names.flatMap((name) => [...trainer.gradient(name).data as Float32Array]);
    await trainer.release();
    return gradients;
  };
  const once = await stepped(1, false);
  assert(once.some((slope) => slope !== 0));
  assertEquals(await stepped(2, false), once.map((slope) => 2 * slope));
  assertEquals(await stepped(2, true), once);
});

sharedTest("a saved checkpoint goes on as if nothing had been", [CONV1D, FEEDS], async (
  folder,
  path,
) => {
  const artifacts = await loadArtifacts(folder!);
  const feeds = await readFeeds(path!);
  const step = async (trainer: ArtifactTrainer) => {
    await trainer.trainStep(feeds);
    trainer.optimizerStep();
    trainer.lazyResetGrad();
  };
  const whole = await openTrainer(artifacts);
  for (let i = 0; i < 4; i++) await step(whole);
  const first = await openTrainer(artifacts);
  first.properties.set("round", 7n);
  for (let i = 0; i < 2; i++) await step(first);
  const file = await Deno.makeTempFile();
  await first.saveCheckpoint(file, { includeOptimizerState: true });
  const checkpoint = await readCheckpoint(file);
  await Deno.remove(file);
  const second = await openTrainer({ ...artifacts, checkpoint });
  assertEquals([second.steps, second.properties.get("round")], [2, 7n]);
  for (let i = 0; i < 2; i++) await step(second);
  assertEquals(second.copyParameters(), whole.copyParameters());
  for (const trainer of [whole, first, second]) await trainer.release();
});

sharedTest("the learning rate follows a line up and down", [CONV1D], async (folder) => {
  const trainer = await openTrainer(await loadArtifacts(folder!));
  assertEquals(trainer.learningRate, 1e-3);
  assertThrows(() => trainer.schedulerStep(), Error, "linearSchedule() first");
  trainer.linearSchedule({ warmUpSteps: 2, totalSteps: 6, initialLearningRate: 0.1 });
  const rates = [trainer.learningRate];
  for (let step = 0; step < 7; step++) {
    trainer.optimizerStep();
    trainer.schedulerStep();
    rates.push(trainer.learningRate);
  }
  [0, 0.05, 0.1, 0.075, 0.05, 0.025, 0, 0].forEach((rate, i) =>
    assertAlmostEquals(rates[i]!, rate)
  );
  assertThrows(() => trainer.learningRate = NaN, RangeError, "found NaN");
  await trainer.release();
});

sharedTest("parameters go in and out of one buffer and one by one", [CONV1D], async (folder) => {
  const trainer = await openTrainer(await loadArtifacts(folder!));
  const [first] = trainer.parameters;
  const size = trainer.parametersSize();
  const buffer = Float32Array.from({ length: size }, (_, i) => i);
  trainer.loadParameters(buffer);
  assertEquals(trainer.copyParameters(), buffer);
  const { dims, data } = trainer.parameter(first!.name);
  assertEquals([...data.slice(0, 2)], [0, 1]);
  trainer.setParameter(first!.name, tensor("float32", dims));
  assertEquals(trainer.copyParameters()[1], 0);
  assertThrows(() => trainer.loadParameters(new Float32Array(3)), RangeError, `${size} elements`);
  assertThrows(() => trainer.setParameter("no", tensor("float32", [])), RangeError, '"no"');
  await trainer.release();
});

sharedTest(
  "what a step is fed is checked by name and type",
  [CONV1D, FEEDS],
  async (folder, path) => {
    const trainer = await openTrainer(await loadArtifacts(folder!));
    const feeds = await readFeeds(path!);
    const wrong: readonly [Record<string, unknown>, string][] = [
      [{ input: feeds.input }, 'input "target" is missing'],
      [{ ...feeds, more: feeds.input }, 'there is no input "more"'],
      [{ ...feeds, target: tensor("int64", [1]) }, '"target" must be float32, found int64'],
    ];
    for (const [given, says] of wrong) {
      await assertRejects(() => trainer.trainStep(given as typeof feeds), TypeError, says);
    }
    await trainer.release();
  },
);

sharedTest("artifacts are a model that fit() trains and exportInference() writes", [
  CONV1D,
  FEEDS,
], async (folder, path) => {
  const artifacts = await loadArtifacts(folder!);
  const { input, target } = await readFeeds(path!);
  const data = arrays({ inputs: { input: input! }, targets: target! });
  const { model, history } = await fit(artifacts, data, { loss: "mse", epochs: 3, verbose: false });
  assert(history.epochs[2]!.loss < history.epochs[0]!.loss);
  const file = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    const written = async () => {
      const session = await cpu.session(await Deno.readFile(file));
      const results = await session.run({ input: input! });
      await session.release();
      return results;
    };
    await exportInference(model, file);
    const tuned = await written();
    await exportInference(artifacts, file);
    const before = await written();
    assert(JSON.stringify(Object.values(tuned)) !== JSON.stringify(Object.values(before)));
    const trainer = await openTrainer(artifacts);
    await exportInference(artifacts, file, { checkpoint: trainer.checkpoint() });
    assertEquals(await written(), before);
    await trainer.release();
    await assertRejects(
      () => exportInference(model, file, { checkpoint: artifacts.checkpoint }),
      TypeError,
      "needs artifacts",
    );
  } finally {
    await Deno.remove(file);
  }
});

sharedTest("files in ORT format are refused with a reason", [ORT_FORMAT, CONV1D], async (
  folder,
  other,
) => {
  const copy = await Deno.makeTempDir();
  try {
    for await (const { name } of Deno.readDir(folder!)) {
      if (!name.endsWith(".ort")) continue;
      await Deno.copyFile(join(fromFileUrl(folder!), name), join(copy, name));
    }
    await Deno.copyFile(join(fromFileUrl(other!), "checkpoint"), join(copy, "checkpoint"));
    await assertRejects(() => loadArtifacts(copy), TypeError, "is in ORT format");
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});
