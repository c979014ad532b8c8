import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { efficientnetB0 } from "../../models/efficientnet.ts";
import { normal } from "../../models/initializers.ts";
import { mobilenetV2 } from "../../models/mobilenet_v2.ts";
import { vgg11, vgg11Bn, vgg13, vgg16Bn, vgg19, type VggOptions } from "../../models/vgg.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Weights of the layers whose names begin with `prefix`. */
function countOf(model: Model, prefix: string): number {
  return sum(
    [...model.parameters.values()].filter(({ name }) => name.startsWith(prefix))
      .map(({ size }) => size),
  );
}

/** Name and shape of the weights from the one called `from` to the one called `to`. */
function shapesOf(model: Model, [from, to]: readonly [string, string]): string[] {
  const lines = [...model.parameters.values()].map(({ name, shape }) => `${name} ${shape}`);
  const at = (name: string) => lines.findIndex((line) => line.startsWith(`${name} `));
  return lines.slice(at(from), at(to) + 1);
}

// Numbers and names are those of torchvision 0.28.
const vggs: readonly [(options: VggOptions) => Model, string, number][] = [
  [vgg11, "vgg11", 9_220_480],
  [vgg11Bn, "vgg11_bn", 9_225_984],
  [vgg13, "vgg13", 9_404_992],
  [vgg16Bn, "vgg16_bn", 14_723_136],
  [vgg19, "vgg19", 20_024_384],
];

Deno.test("the VGGs have torchvision's weights", () => {
  for (const [make, name, features] of vggs) {
    const model = make({ hidden: 8, classes: ["a", "b"] });
    assertEquals([model.name, countOf(model, "features.")], [name, features]);
    assertEquals([model.classes, model.outputs[0]!.shape], [["a", "b"], ["batch", 2]]);
    assertEquals(shapesOf(model, ["classifier.0.weight", "classifier.6.bias"]), [
      "classifier.0.weight 8,25088",
      "classifier.0.bias 8",
      "classifier.3.weight 8,8",
      "classifier.3.bias 8",
      "classifier.6.weight 2,8",
      "classifier.6.bias 2",
    ]);
  }
  const names = [...vgg11Bn({ hidden: 8 }).parameters.keys()].filter((name) => /weight/.test(name));
  assertEquals(names.slice(0, 6), [
    "features.0.weight",
    "features.1.weight",
    "features.4.weight",
    "features.5.weight",
    "features.8.weight",
    "features.9.weight",
  ]);
});

Deno.test("the VGGs pool twice their size and refuse what is no multiple of it", () => {
  const large = vgg11({ hidden: 8, sizePx: 448 });
  assert([...large.graph.nodes].some(({ opType }) => opType === "AveragePool"));
  assertThrows(() => vgg11({ sizePx: 32 }), RangeError, "must be a multiple of 224, found 32");
});

Deno.test("mobilenetV2() has torchvision's weights", () => {
  const model = mobilenetV2();
  assertEquals([model.parameters.size, countOf(model, "")], [158, 3_504_872]);
  assertEquals(shapesOf(model, ["features.2.conv.0.0.weight", "features.2.conv.3.bias"]), [
    "features.2.conv.0.0.weight 96,16,1,1",
    "features.2.conv.0.1.weight 96",
    "features.2.conv.0.1.bias 96",
    "features.2.conv.1.0.weight 96,1,3,3",
    "features.2.conv.1.1.weight 96",
    "features.2.conv.1.1.bias 96",
    "features.2.conv.2.weight 24,96,1,1",
    "features.2.conv.3.weight 24",
    "features.2.conv.3.bias 24",
  ]);
  assertEquals(model.parameters.get("classifier.1.weight")!.shape, [1000, 1280]);
});

Deno.test("efficientnetB0() has torchvision's weights", () => {
  const model = efficientnetB0();
  assertEquals([model.parameters.size, countOf(model, "")], [213, 5_288_548]);
  const narrowing = ["features.3.0.block.1.0.weight", "features.3.0.block.3.1.bias"] as const;
  assertEquals(shapesOf(model, narrowing), [
    "features.3.0.block.1.0.weight 144,1,5,5",
    "features.3.0.block.1.1.weight 144",
    "features.3.0.block.1.1.bias 144",
    "features.3.0.block.2.fc1.weight 6,144,1,1",
    "features.3.0.block.2.fc1.bias 6",
    "features.3.0.block.2.fc2.weight 144,6,1,1",
    "features.3.0.block.2.fc2.bias 144",
    "features.3.0.block.3.0.weight 40,144,1,1",
    "features.3.0.block.3.1.weight 40",
    "features.3.0.block.3.1.bias 40",
  ]);
  const { data } = model.parameters.get("classifier.1.weight")!.value;
  const largest = Math.max(...Array.from(data, Number).slice(0, 10_000).map(Math.abs));
  assert(largest > 0.99 / Math.sqrt(1000) && largest < 1.01 / Math.sqrt(1000));
});

Deno.test("normal() has the deviation asked for, at odd lengths too", () => {
  const { data } = normal(0.01)([40_001], [7, "w"]);
  const mean = sum([...data]) / data.length;
  const deviation = Math.sqrt(sum([...data].map((one) => (one - mean) ** 2)) / data.length);
  assertAlmostEquals(mean, 0, 2e-4);
  assertAlmostEquals(deviation, 0.01, 2e-4);
  const within = data.filter((one) => Math.abs(one) < 0.01).length / data.length;
  assertAlmostEquals(within, 0.6827, 0.01);
  assertEquals(normal(1)([3], [7, "w"]).data, normal(1)([4], [7, "w"]).data.slice(0, 3));
});

const steps: readonly [string, () => Model, number][] = [
  ["mobilenetV2()", () => mobilenetV2({ classes: 3, sizePx: 32 }), 32],
  ["efficientnetB0()", () => efficientnetB0({ classes: 3, sizePx: 32 }), 32],
  ["vgg11Bn()", () => freeze(vgg11Bn({ classes: 3, hidden: 8 }), /^features\.[0-9]\./), 224],
];

for (const [name, make, sizePx] of steps) {
  Deno.test(`${name} learns`, async () => {
    const x = tensor("float32", [4, 3, sizePx, sizePx]);
    for (let i = 0; i < x.data.length; i++) x.data[i] = Math.sin(i * i);
    const data = arrays({ inputs: { x }, targets: tensor("int64", [4], [0, 1, 2, 1]) });
    const options = { epochs: 1, batchSize: 4, optimizer: sgd(), verbose: false };
    const model = make();
    const { model: tuned, history } = await fit(model, data, options);
    assert(Number.isFinite(history.epochs[0]!.loss));
    const weight = [...model.parameters.values()].find(({ trainable }) => trainable)!;
    const [before, after] = [weight.value.data, tuned.parameters.get(weight.name)!.value.data];
    assert(before.some((one, i) => one !== after[i]), weight.name);
  });
}
