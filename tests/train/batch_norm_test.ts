import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { batchNorm, flatten, linear } from "../../models/layers.ts";
import { input, network, output } from "../../models/network.ts";
import { conv2d } from "../../models/windows.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { modelFromGraph } from "../../src/onnx/model_from_graph.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import type { BatchNormMode } from "../../src/train/specialise.ts";
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

const once: FitOptions = {
  epochs: 1,
  batchSize: 2,
  shuffle: false,
  loss: "mse",
  optimizer: sgd({ learningRate: 0.01 }),
  verbose: false,
};

async function trained(model: Model, options: FitOptions): Promise<Model> {
  return (await fit(model, data, { ...once, ...options })).model;
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

Deno.test("a smaller last batch enters the running statistics with its own numbers", async () => {
  const five = { ...data, length: 5 };
  const { model } = await fit(normalised(), five, { ...once, batchNorm: "batch" });
  // torch.nn.BatchNorm2d(3) after batches of 2, 2 and 1 (PyTorch 2.13, float64)
  const mean = [0.280153122, 0.396445172, 0.317695057];
  const variance = [1.08050184, 1.1100476, 1.04893347];
  mean.forEach((one, c) => assertAlmostEquals(constant(model, "running_mean")[c]!, one, 1e-6));
  variance.forEach((one, c) => assertAlmostEquals(constant(model, "running_var")[c]!, one, 1e-6));
});

for (
  // Scale and shift after three steps of torch.optim.SGD(lr=0.1) on mean(y²) (PyTorch 2.13, float64)
  const [mode, scale, shift] of [
    ["batch", [0.813039151, 0.813038762, 0.813038719], [0, 0, 0]],
    ["running", [0.614382769, 0.570986249, 0.565979964], [
      -0.157426643,
      -0.186687726,
      -0.174978074,
    ]],
  ] as const
) {
  Deno.test(`batchNorm: "${mode}" takes PyTorch's steps`, async () => {
    const optimizer = sgd({ learningRate: 0.1 });
    const model = await trained(normalised(), { optimizer, batchNorm: mode });
    scale.forEach((one, c) => assertAlmostEquals(constant(model, "weight")[c]!, one, 1e-6));
    shift.forEach((one, c) => assertAlmostEquals(constant(model, "bias")[c]!, one, 1e-6));
  });
}

/** A convolution, a batch normalisation and a classifier of `[N, 3, 2, 2]`. */
function small(): Model {
  const net = network(1);
  const x = input(net, "x", ["batch", 3, 2, 2]);
  const layer = conv2d(net, x, { name: "conv", channels: 4, kernel: 1 });
  const flat = flatten(net, batchNorm(net, layer, { name: "bn" }), { name: "flatten" });
  output(net, linear(net, flat, { name: "fc", features: 12 }));
  return modelFromGraph(net.graph, { name: "small" });
}

const zeros = tensor("float32", [12], new Float32Array(12));
const flat: Dataset = {
  length: 6,
  get: async (index) => ({ ...await data.get(index), target: zeros }),
};

for (
  const [name, model, batchNorm, changes] of [
    ["of a frozen layer are left alone", freeze(small(), /^(conv|bn)/), undefined, false],
    ["of a layer that is trained follow the batches", small(), undefined, true],
    [
      "before which all is frozen follow, where the layer is trained",
      freeze(small(), /^conv/),
      undefined,
      true,
    ],
    ['follow in a frozen layer under "batch"', freeze(small(), /^(conv|bn)/), "batch", true],
    ['stay in a layer that is trained under "running"', small(), "running", false],
  ] satisfies readonly (readonly [string, Model, BatchNormMode | undefined, boolean])[]
) {
  Deno.test(`running statistics ${name}`, async () => {
    const { model: after } = await fit(model, flat, { ...once, ...(batchNorm && { batchNorm }) });
    for (const statistic of ["bn.running_mean", "bn.running_var"]) {
      const same = constant(after, statistic).every((number, c) =>
        number === constant(model, statistic)[c]
      );
      assertEquals(same, !changes, statistic);
    }
    const isFrozen = !model.parameters.get("bn.weight")!.trainable;
    const same = constant(after, "bn.weight").every((number) => number === 1);
    assertEquals(same, isFrozen, "the scale changes where it is trained");
  });
}
