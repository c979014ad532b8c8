import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { tensor } from "../../../src/tensor/tensor.ts";
import { TrainingSession } from "../../../src/train/artifacts/training_session.ts";
import { readFeeds } from "../../artifacts/read/official_training.ts";
import { sharedTest } from "../../shared.ts";

const MNIST = "data/ort-training-artifacts/ort-mnist-mlp";
const FEEDS = "reference/ort-training-wasm/mnist-feeds.json";

sharedTest(
  "a program for onnxruntime-web's training API gives what it gave there",
  [MNIST, FEEDS],
  async (
    folder,
    path,
  ) => {
    const file = (name: string) => join(fromFileUrl(folder!), name);
    const session = await TrainingSession.create({
      checkpointState: await Deno.readFile(file("checkpoint.ckpt")),
      trainModel: file("training_model.onnx"),
      optimizerModel: new URL(`${folder}/adamw.onnx`).href,
      evalModel: file("eval_model.onnx"),
    }, { executionProviders: ["wasm"] });
    const feeds = await readFeeds(path!);
    // In an order that the old runtime would have mixed up.
    const turned = Object.fromEntries(Object.entries(feeds).reverse());
    const [loss] = session.trainingOutputNames as [string];
    for (const expected of [2.2543895, 0.7131874, 0.1752452]) {
      const evaluated = await session.runEvalStep(turned);
      assertEquals(Object.keys(evaluated), session.evalOutputNames);
      const found = await session.runTrainStep(turned);
      assertAlmostEquals(Number(found[loss]!.data[0]), expected, 1e-5);
      await session.runOptimizerStep();
      await session.lazyResetGrad();
    }
    await session.release();
  },
);

sharedTest("outputs are fetched by name, or into tensors", [MNIST, FEEDS], async (folder, path) => {
  const file = (name: string) => join(fromFileUrl(folder!), name);
  const session = await TrainingSession.create({
    checkpointState: file("checkpoint.ckpt"),
    trainModel: file("training_model.onnx"),
  });
  const feeds = await readFeeds(path!);
  const [loss] = session.trainingOutputNames as [string];
  const all = await session.runTrainStep(feeds, { logSeverityLevel: 3 });
  assertEquals(Object.keys(all), session.trainingOutputNames);
  assertEquals(Object.keys(await session.runTrainStep(feeds, [loss])), [loss]);
  const place = tensor("float32", []);
  await session.runTrainStep(feeds, { [loss]: place });
  assertEquals(place.data, all[loss]!.data);
  await assertRejects(() => session.runTrainStep(feeds, ["no"]), RangeError, 'no output "no"');
  await assertRejects(() => session.runOptimizerStep(), Error, "no optimizer model");
  assertThrows(() => session.evalInputNames, Error, "no evaluation model");
  await session.release();
});

sharedTest("parameters go through a buffer of bytes", [MNIST], async (folder) => {
  const file = (name: string) => join(fromFileUrl(folder!), name);
  const session = await TrainingSession.create({
    checkpointState: file("checkpoint.ckpt"),
    trainModel: file("training_model.onnx"),
  });
  const { dims, data } = await session.getContiguousParameters();
  const size = await session.getParametersSize();
  assertEquals(dims, [size]);
  // Bytes that begin at no multiple of four.
  const bytes = new Uint8Array(4 * size + 1);
  bytes.set(new Uint8Array(data.map((number) => 2 * number).buffer), 1);
  await session.loadParametersBuffer(bytes.subarray(1));
  assertEquals((await session.getContiguousParameters()).data[5], 2 * data[5]!);
  await assertRejects(() => session.loadParametersBuffer(bytes), RangeError, `${4 * size} bytes`);
  await session.release();
});
