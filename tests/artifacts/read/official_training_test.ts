import { assert } from "@std/assert";
import { tensor } from "../../../src/tensor/tensor.ts";
import { sharedTest } from "../../shared.ts";
import { loadOfficial, readFeeds } from "./official_training.ts";

const MNIST = "data/ort-training-artifacts/ort-mnist-mlp";
const MODEL = [`${MNIST}/training_model.onnx`, `${MNIST}/checkpoint.ckpt`] as const;

function assertLoss(found: number, expected: number): void {
  assert(Math.abs(found - expected) < 1e-5, `${found} for ${expected}`);
}

sharedTest(
  "the official MNIST artifacts train on the stock runtime with the official losses",
  [...MODEL, "reference/ort-training-wasm/mnist-feeds.json"],
  async (model, checkpoint, path) => {
    const feeds = await readFeeds(path!);
    const training = await loadOfficial(model!, checkpoint!, feeds);
    for (const expected of [2.2543895, 0.7131874, 0.1752452]) {
      assertLoss(await training.step(feeds), expected);
    }
    await training.release();
  },
);

sharedTest(
  "the official example step of the MNIST artifacts is the official one",
  [...MODEL, `${MNIST}/input-0.in`],
  async (model, checkpoint, path) => {
    const [name, numbers] = (await Deno.readTextFile(path!)).split("\n");
    const feeds = {
      [name!]: tensor("float32", [2, 784], JSON.parse(numbers!)),
      labels: tensor("int32", [2], [1, 1]),
    };
    const training = await loadOfficial(model!, checkpoint!, feeds);
    for (const expected of [2.1786249, 0.36050943]) {
      assertLoss(await training.step(feeds), expected);
    }
    await training.release();
  },
);
