import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { normalised } from "./small_models.ts";

/** Three batches of two. */
const numbers = [0, 1, 2].flatMap((i) => [...hashed(`b${i}`, 24)].map((u) => 2 * u + 1));
const data = arrays({
  inputs: { x: tensor("float32", [6, 3, 2, 2], numbers) },
  targets: tensor("float32", [6, 3, 2, 2], new Float32Array(72)),
});

async function trained(model: Model, options: FitOptions): Promise<Model> {
  const result = await fit(model, data, {
    epochs: 1,
    batchSize: 2,
    shuffle: false,
    loss: "mse",
    optimizer: sgd({ learningRate: 0.01 }),
    verbose: false,
    ...options,
  });
  return result.model;
}

const constant = (model: Model, name: string) =>
  model.graph.value(name).constant!.data as Float32Array;

Deno.test("batch normalisation updates its running statistics as PyTorch's does", async () => {
  const model = await trained(normalised(), {});
  // torch.nn.BatchNorm2d(3) after the same three batches (PyTorch 2.13, float64)
  const mean = [0.2652720980346203, 0.3203137213289738, 0.2969778330028057];
  const variance = [1.0215518505874972, 1.0746666068154473, 1.0808478363149299];
  mean.forEach((one, c) => assertAlmostEquals(constant(model, "running_mean")[c]!, one, 1e-6));
  variance.forEach((one, c) => assertAlmostEquals(constant(model, "running_var")[c]!, one, 1e-6));
});

Deno.test('batchNorm: "running" trains by the running statistics and leaves them alone', async () => {
  const model = await trained(normalised(), { batchNorm: "running" });
  assertEquals([...constant(model, "running_mean")], [0, 0, 0]);
  assertEquals([...constant(model, "running_var")], [1, 1, 1]);
  assert(constant(model, "weight").some((w) => w !== 1));
});
