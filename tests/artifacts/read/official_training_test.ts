import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readOptimizerModel } from "../../../src/artifacts/read/optimizer_model.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { sharedTest } from "../../shared.ts";
import { judgedTest, runOfficial } from "../official_runtime.ts";
import { loadOfficial, readFeeds } from "./official_training.ts";

const MNIST = "data/ort-training-artifacts/ort-mnist-mlp";
const CONV1D = "data/ort-training-artifacts/onnxruntime_go-conv1d";
const REFERENCE = "reference/ort-training-wasm";

/** Model, checkpoint and optimizer. */
const MNIST_FILES = ["training_model.onnx", "checkpoint.ckpt", "adamw.onnx"]
  .map((name) => `${MNIST}/${name}`);
const CONV1D_FILES = ["training_model.onnx", "checkpoint", "optimizer_model.onnx"]
  .map((name) => `${CONV1D}/${name}`);

type Files = [model: URL, checkpoint: URL, optimizer: URL, feeds: URL];

function assertLoss(found: number, expected: number): void {
  assert(Math.abs(found - expected) < 1e-5, `${found} for ${expected}`);
}

/** Losses of the first steps by the official runtime 1.19.2, AdamW with the learning rate 0.001. */
const golden = [
  {
    name: "MNIST",
    files: [...MNIST_FILES, `${REFERENCE}/mnist-feeds.json`],
    losses: [
      ...[2.2543895, 0.7131874, 0.1752452, 0.0382435, 0.0089017, 0.00234900, 0.00070517],
      ...[0.00023797, 0.00008958, 0.00003719, 0.00001669, 0.00000823, 0.00000423],
    ],
  },
  {
    name: "one-dimensional convolution",
    files: [...CONV1D_FILES, `${REFERENCE}/conv1d-feeds.json`],
    losses: [
      ...[0.64846045, 0.64701623, 0.64557284, 0.64413035, 0.64268899, 0.64124864, 0.63980949],
      ...[0.63837135, 0.63693440, 0.63549864, 0.63406402, 0.63263053, 0.63123226],
    ],
  },
];

for (const { name, files, losses } of golden) {
  const claim = `the official artifacts of the ${name} sample train on the stock runtime as there`;
  sharedTest(claim, files, async (...urls) => {
    const [model, checkpoint, optimizer, path] = urls as Files;
    const feeds = await readFeeds(path);
    const training = await loadOfficial(model, checkpoint, optimizer, feeds);
    for (const expected of losses) assertLoss(await training.step(feeds), expected);
    await training.release();
  });
}

sharedTest(
  "the official example step of the MNIST sample is the official one",
  [...MNIST_FILES, `${MNIST}/input-0.in`],
  async (...urls) => {
    const [model, checkpoint, optimizer, path] = urls as Files;
    const [name, numbers] = (await Deno.readTextFile(path)).split("\n");
    const feeds = {
      [name!]: tensor("float32", [2, 784], JSON.parse(numbers!)),
      labels: tensor("int32", [2], [1, 1]),
    };
    const training = await loadOfficial(model, checkpoint, optimizer, feeds);
    for (const expected of [2.1786249, 0.36050943]) {
      assertLoss(await training.step(feeds), expected);
    }
    await training.release();
  },
);

judgedTest(
  "parameters after three steps are those of the official runtime",
  [...CONV1D_FILES, `${REFERENCE}/conv1d-feeds.json`],
  async (...urls) => {
    const [model, checkpoint, optimizer, path] = urls as Files;
    const feeds = await readFeeds(path);
    const training = await loadOfficial(model, checkpoint, optimizer, feeds);
    for (let step = 0; step < 3; step++) await training.step(feeds);
    const file = await Deno.makeTempFile();
    const args = ["--feeds", fromFileUrl(path), "--steps", "3", "--params", file];
    const { success, text } = await runOfficial("run.mjs", [
      fromFileUrl(new URL(".", model)),
      ...args,
    ]);
    assert(success, text);
    const official = new Float32Array((await Deno.readFile(file)).buffer);
    await Deno.remove(file);
    await training.release();
    const own = [...training.parameters.values()].flatMap(({ data }) => [...data as Float32Array]);
    assertEquals(own.length, official.length);
    own.forEach((number, i) =>
      assert(Math.abs(number - official[i]!) < 1e-6, `${i}: ${number} for ${official[i]}`)
    );
  },
);

sharedTest("the settings of official optimizers are read", [MNIST_FILES[2]!], async (path) => {
  const { update, clipNorm } = await readOptimizerModel(await Deno.readFile(path));
  assertEquals(update, {
    kind: "adamW",
    alpha: Math.fround(0.9),
    beta: Math.fround(0.999),
    epsilon: Math.fround(1e-6),
    weightDecay: 0,
    correctBias: true,
    mode: 1,
  });
  assertEquals(clipNorm, undefined);
});

sharedTest(
  "a training model is no optimizer, and an optimizer no training model",
  MNIST_FILES,
  async (...urls) => {
    const [model, checkpoint, optimizer] = urls as [URL, URL, URL];
    const bytes = await Deno.readFile(model);
    const error = await assertRejects(() => readOptimizerModel(bytes), SyntaxError);
    assertStringIncludes(error.message, "has 0 nodes that update parameters");
    await assertRejects(
      () => loadOfficial(optimizer, checkpoint, optimizer, {}),
      SyntaxError,
      "no training model of ONNX Runtime",
    );
  },
);
