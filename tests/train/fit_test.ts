import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { digitCnn } from "../../models/digit_cnn.ts";
import { loadBackbone } from "../../models/load_backbone.ts";
import { arrays } from "../../src/data/arrays.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { freeze } from "../../src/onnx/select.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { DivergenceError, fit } from "../../src/train/fit.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { predict } from "../../src/workflow/predict.ts";

function digits(count: number) {
  const random = rng("fit", count);
  const pixels = Float32Array.from({ length: count * 784 }, () => random.normal());
  const x = tensor("float32", [count, 1, 28, 28], pixels);
  const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 10));
  return arrays({ inputs: { x }, targets: tensor("int64", [count], labels) });
}

Deno.test("fit() resumes from a checkpoint bit for bit", async () => {
  const data = digits(20);
  const options = { batchSize: 8, optimizer: adamW(), seed: 3, verbose: false };
  const whole = await fit(digitCnn({ seed: 1 }), data, { ...options, epochs: 3 });
  const checkpoint = await Deno.makeTempDir();
  try {
    await fit(digitCnn({ seed: 1 }), data, { ...options, epochs: 1, checkpoint });
    const resumed = await fit(digitCnn({ seed: 1 }), data, { ...options, epochs: 3, checkpoint });
    for (const [name, { value }] of whole.model.parameters) {
      assertEquals(resumed.model.parameters.get(name)!.value.data, value.data, name);
    }
    assertEquals(resumed.history.epochs.length, 3);
  } finally {
    await Deno.remove(checkpoint, { recursive: true });
  }
});

Deno.test("fit() leaves frozen parameters and the model it was given as they are", async () => {
  const model = freeze(digitCnn({ seed: 1 }), "backbone");
  const before = model.parameters.get("fc2.weight")!.value.data.slice();
  const { model: tuned } = await fit(model, digits(8), { epochs: 2, verbose: false });
  assertEquals(model.parameters.get("fc2.weight")!.value.data, before);
  for (const { name, head, value } of model.parameters.values()) {
    const after = tuned.parameters.get(name)!.value.data;
    const same = after.every((number, i) => number === value.data[i]);
    assertEquals(same, !head, name);
  }
});

Deno.test("fit() stops where the loss is not finite and gives the last good weights", async () => {
  const optimizer = sgd({ learningRate: 1e30 });
  const model = digitCnn({ seed: 1 });
  const error = await assertRejects(
    () => fit(model, digits(16), { batchSize: 4, optimizer, verbose: false }),
    DivergenceError,
  );
  const weights = error.model.parameters.get("conv1.weight")!.value.data as Float32Array;
  assert(weights.every(Number.isFinite));
});

Deno.test("a saved model gives the probabilities of predict() in plain ONNX Runtime", async () => {
  const model = digitCnn({ classes: [..."0123456789"], seed: 2 });
  const file = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await saveModel(model, file);
    const pixels = Float32Array.from({ length: 784 }, (_, i) => Math.sin(i));
    const x = tensor("float32", [1, 1, 28, 28], pixels);
    const [expected] = await predict(model, arrays({ inputs: { x } }));
    const session = await InferenceSession.create(file);
    const results = await session.run({ x: new PlainTensor("float32", pixels, x.dims) });
    const found = results.probabilities!.data as Float32Array;
    for (const { index, probability } of expected!) {
      assertAlmostEquals(found[index]!, probability, 1e-5);
    }
    await session.release();
    const back = await loadBackbone(file);
    assertEquals(back.classes, model.classes);
    assertEquals(back.outputs, model.outputs);
  } finally {
    await Deno.remove(file);
  }
});
