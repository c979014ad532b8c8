import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bert } from "../../models/bert.ts";
import { digitCnn } from "../../models/digit_cnn.ts";
import { efficientnetB0 } from "../../models/efficientnet.ts";
import { mobilenetV2 } from "../../models/mobilenet_v2.ts";
import { resnet18 } from "../../models/resnet.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { randomCrop } from "../../src/data/transforms/random_crop.ts";
import { rotate } from "../../src/data/transforms/rotate.ts";
import { verticalFlip } from "../../src/data/transforms/vertical_flip.ts";
import { cpu, runtimeFor } from "../../src/runtime/onnxruntime.ts";
import { isOutOfMemory } from "../../src/runtime/out_of_memory.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { refusalOf } from "../train/batch_size/refusal.ts";
import { distance } from "../train/picture_changes.ts";
import {
  assertSameWeights,
  linearLayers,
  optimizers,
  train,
} from "../train/resident/small_runs.ts";
import { webGpuTest } from "./webgpu.ts";

/** Networks, the picture they take, and how far float32 may take the gradients apart: more where units have kinks. */
const networks: readonly [name: string, make: () => Model, dims: number[], bound: number][] = [
  ["the digit network", () => digitCnn({ seed: 1 }), [4, 1, 28, 28], 1e-5],
  ["ResNet-18", () => resnet18({ classes: 10, seed: 1, sizePx: 64 }), [2, 3, 64, 64], 1e-2],
  ["MobileNetV2", () => mobilenetV2({ classes: 10, seed: 1, sizePx: 64 }), [2, 3, 64, 64], 1e-2],
  [
    "EfficientNet-B0",
    () => efficientnetB0({ classes: 10, seed: 1, sizePx: 64 }),
    [2, 3, 64, 64],
    1e-3,
  ],
];

for (const [name, make, dims, bound] of networks) {
  webGpuTest(`gradients of ${name} on WebGPU are the CPU's`, async () => {
    const model = make();
    const x = numbers(dims);
    const targets = tensor("int64", [dims[0]!], Array.from({ length: dims[0]! }, (_, i) => i));
    const [input] = model.inputs;
    const inputs = { [input!.name]: x };
    const known = await valueAndGrad(model, inputs, targets);
    const found = await valueAndGrad(model, inputs, targets, { device: "webgpu" });
    assertAlmostEquals(found.loss / known.loss, 1, 1e-4);
    assertNear(found.gradients, known.gradients, bound);
  });
}

webGpuTest("gradients of a BERT encoder on WebGPU are the CPU's", async () => {
  const sizes = { vocabulary: 20, layers: 2, hidden: 16, heads: 2, intermediate: 32, seed: 1 };
  const model = bert({ ...sizes, maxPositions: 8, classes: 3, dropout: 0 });
  // Two texts of 8 tokens, the second filled up from its sixth on.
  const rows = (numbers: readonly number[]) => tensor("int64", [2, 8], numbers);
  const inputs = {
    input_ids: rows([2, 5, 6, 7, 5, 9, 10, 3, 2, 11, 12, 13, 3, 0, 0, 0]),
    attention_mask: rows([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]),
    token_type_ids: rows([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
  };
  const targets = tensor("int64", [2], [0, 2]);
  const known = await valueAndGrad(model, inputs, targets);
  const found = await valueAndGrad(model, inputs, targets, { device: "webgpu" });
  assertAlmostEquals(found.loss / known.loss, 1, 1e-4);
  assertNear(found.gradients, known.gradients, 1e-4);
});

webGpuTest("fit() on WebGPU comes to the CPU's weights", async () => {
  const data = arrays({
    inputs: { x: numbers([16, 1, 28, 28]) },
    targets: tensor("int64", [16], Array.from({ length: 16 }, (_, i) => i % 10)),
  });
  const trained = async (device: "cpu" | "webgpu") => {
    const { model, history } = await fit(digitCnn({ seed: 1 }), data, {
      epochs: 2,
      batchSize: 8,
      optimizer: adamW({ learningRate: 1e-3 }),
      verbose: false,
      device,
    });
    return { model, losses: history.epochs.map(({ loss }) => loss) };
  };
  const [known, found] = [await trained("cpu"), await trained("webgpu")];
  known.losses.forEach((loss, at) => assertAlmostEquals(found.losses[at]!, loss, 1e-3));
  assertEquals([...found.model.parameters.keys()], [...known.model.parameters.keys()]);
  for (const [name, { value }] of known.model.parameters) {
    const other = found.model.parameters.get(name)!.value.data as Float32Array;
    // AdamW's first steps are as long for the smallest gradients as for the largest.
    (value.data as Float32Array).forEach((one, at) => assertAlmostEquals(other[at]!, one, 2e-3));
  }
});

/** The optimizers that are computed on the card, those that are not, and one that steps twice. */
const together: Readonly<Record<string, (name: string) => boolean>> = {
  "all optimizers on the card": (name) => !/^(adafactor|lamb|sam)/.test(name),
  "optimizers at home": (name) => /^(adafactor|lamb)/.test(name),
  "a probing optimizer": (name) => name.startsWith("sam"),
};

for (const [what, isOne] of Object.entries(together)) {
  webGpuTest(`ten steps with ${what} on WebGPU come to the CPU's weights`, async () => {
    const chosen = optimizers.filter(({ name }) => isOne(name));
    assert(chosen.length > 0);
    // A layer for each, so that one graph has them all: a shader takes long to be made ready.
    const model = linearLayers(chosen.length);
    const groups = chosen.slice(1).map((optimizer, at) => ({
      parameters: new RegExp(`^fc${at + 1}\\.`),
      optimizer,
    }));
    const options = { optimizer: chosen[0]!, groups };
    const found = await train(await runtimeFor("webgpu", () => {}), options, { model });
    const known = await train(cpu, options, { model });
    assertSameWeights(found.model, known.model, 1e-4);
    known.history.epochs.forEach(({ loss }, at) =>
      assertAlmostEquals(found.history.epochs[at]!.loss, loss, 1e-4)
    );
  });
}

webGpuTest("random changes of pictures in a graph on WebGPU are those of decoding", async () => {
  const runtime = await runtimeFor("webgpu", () => {});
  const found = await distance("gentle", runtime, [30, 36]);
  assert(found.most <= 12 && found.mean <= 1.5, JSON.stringify(found));
  const exact = await distance([randomCrop(), horizontalFlip(), verticalFlip()], runtime);
  assertEquals(exact, { most: 0, mean: 0 });
  const turned = await distance([rotate({ degrees: 40, interpolation: "bilinear" })], runtime);
  assert(turned.mean <= 0.1, JSON.stringify(turned));
});

webGpuTest("what WebGPU says of a buffer that it cannot have is known", async () => {
  // Eight gigabytes, which a large card may have.
  const error = await refusalOf(await runtimeFor("webgpu", () => {}), 45_000);
  assert(error === undefined || isOutOfMemory(error), String(error));
});

webGpuTest(
  "float16 on WebGPU gives the CPU's gradients, or says that the card lacks it",
  async () => {
    const model = digitCnn({ seed: 1 });
    const inputs = { [model.inputs[0]!.name]: numbers([4, 1, 28, 28]) };
    const targets = tensor("int64", [4], [0, 1, 2, 3]);
    const known = await valueAndGrad(model, inputs, targets);
    try {
      const options = { precision: "float16", device: "webgpu" } as const;
      const found = await valueAndGrad(model, inputs, targets, options);
      assertNear(found.gradients, known.gradients, 0.03);
    } catch (error) {
      assert(error instanceof RangeError, `${error}`);
      assert(error.message.includes("shader-f16"), error.message);
    }
  },
);

/** Gradients of all parameters together must be within `bound` of the known ones, relative to their length. */
function assertNear(
  found: ReadonlyMap<string, Tensor>,
  known: ReadonlyMap<string, Tensor>,
  bound: number,
): void {
  let [error, size] = [0, 0];
  for (const [parameter, { data }] of known) {
    const other = found.get(parameter)!.data as Float32Array;
    (data as Float32Array).forEach((one, at) => {
      error += (one - other[at]!) ** 2;
      size += one ** 2;
    });
  }
  assert(size > 0);
  assert(Math.sqrt(error / size) < bound, `${Math.sqrt(error / size)}`);
}

function numbers(dims: readonly number[]): Tensor<"float32"> {
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor("float32", dims, [...hashed("x", count)].map((u) => 2 * u - 1));
}
