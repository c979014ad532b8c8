import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { readInferenceModel } from "../../../src/artifacts/read/inference_model.ts";
import { readArtifacts } from "../../../src/artifacts/read/read_artifacts.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { saveModel } from "../../../src/onnx/save_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import { sharedTest } from "../../shared.ts";
import { readFeeds } from "./official_training.ts";

const MNIST = "data/ort-training-artifacts/ort-mnist-mlp";
const CONV1D = "data/ort-training-artifacts/onnxruntime_go-conv1d";
const REFERENCE = "reference/ort-training-wasm";

/** What the plain file of a model gives on the stock runtime. */
async function firstOutput(model: Model, feeds: Tensors): Promise<Float32Array> {
  const file = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await saveModel(model, file);
    const session = await cpu.session(await Deno.readFile(file));
    const given = Object.fromEntries(session.inputs.map((name) => [name, feeds[name]!]));
    const results = await session.run(given);
    await session.release();
    return results[model.outputs[0]!.name]!.data as Float32Array;
  } finally {
    await Deno.remove(file);
  }
}

sharedTest(
  "the network in official artifacts, saved as a plain model, has the loss of the official one",
  [CONV1D, `${REFERENCE}/conv1d-feeds.json`],
  async (folder, path) => {
    const { network, optimizer, training } = await readArtifacts(fromFileUrl(folder!));
    const feeds = await readFeeds(path!);
    assertEquals([network.inputs.length, network.outputs.length], [1, 1]);
    assertEquals(training.inputs, ["input", "target"]);
    assertEquals(optimizer?.update.kind, "adamW");
    const output = await firstOutput(network, feeds);
    const target = feeds.target!.data as Float32Array;
    const errors = output.map((number, i) => Math.abs(number - target[i]!));
    const loss = errors.reduce((sum, error) => sum + error) / errors.length;
    assert(Math.abs(loss - 0.64846045) < 1e-6, `${loss}`);
  },
);

sharedTest(
  "an evaluation model that names the network's outputs is cut there",
  [`${MNIST}/eval_model.onnx`, `${MNIST}/checkpoint.ckpt`, `${REFERENCE}/mnist-feeds.json`],
  async (evaluation, path, feedsPath) => {
    const checkpoint = await readCheckpoint(path!);
    const network = await readInferenceModel(await Deno.readFile(evaluation!), checkpoint);
    assertEquals(network.outputs.map(({ name }) => name), ["output-0"]);
    assertEquals(network.inputs.map(({ name }) => name), ["input-0"]);
    assertEquals([...network.parameters.values()].map(({ trainable }) => trainable), [
      ...[true, true, true, true],
    ]);
    const feeds = await readFeeds(feedsPath!);
    const logits = await firstOutput(network, feeds);
    const labels = feeds.labels!.data as Int32Array;
    const losses = Array.from(labels, (label, i) => {
      const row = logits.subarray(10 * i, 10 * i + 10);
      return Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[label]!;
    });
    const loss = losses.reduce((sum, one) => sum + one) / losses.length;
    assert(Math.abs(loss - 2.2543895) < 1e-6, `${loss}`);
  },
);

sharedTest(
  "artifacts with a nominal checkpoint or another model's are refused",
  [`${MNIST}/eval_model.onnx`, `${MNIST}/nominal_checkpoint`, `${CONV1D}/checkpoint`],
  async (evaluation, nominal, other) => {
    const bytes = await Deno.readFile(evaluation!);
    const empty = await readCheckpoint(nominal!);
    await assertRejects(() => readInferenceModel(bytes, empty), RangeError, "is nominal");
    const strange = await readCheckpoint(other!);
    const renamed = new Map([["fc1.bias", strange.trainable.get("fc.bias")!]]);
    await assertRejects(
      () => readInferenceModel(bytes, { ...strange, trainable: renamed }),
      SyntaxError,
      '"fc1.bias" is float32[2] there and float32[500] here',
    );
  },
);

sharedTest("a missing or damaged file of the artifacts is named", [CONV1D], async (folder) => {
  const copy = await Deno.makeTempDir();
  try {
    for await (const { name } of Deno.readDir(folder!)) {
      const bytes = await Deno.readFile(join(fromFileUrl(folder!), name));
      await Deno.writeFile(join(copy, `my_${name}`), bytes);
    }
    const read = () => readArtifacts(copy, { prefix: "my_" });
    await Deno.remove(join(copy, "my_optimizer_model.onnx"));
    assertEquals((await read()).optimizer, undefined);
    await Deno.truncate(join(copy, "my_training_model.onnx"), 100);
    await assertRejects(read, SyntaxError, `${join(copy, "my_training_model.onnx")}: The training`);
    await Deno.remove(join(copy, "my_eval_model.onnx"));
    await Deno.copyFile(
      join(fromFileUrl(folder!), "training_model.onnx"),
      join(copy, "my_training_model.onnx"),
    );
    await assertRejects(read, Deno.errors.NotFound, "my_eval_model.onnx");
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});
