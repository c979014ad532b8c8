import { assert, assertEquals, assertThrows } from "@std/assert";
import { architectures } from "../../models/architectures.ts";
import { digitCnn } from "../../models/digit_cnn.ts";
import { glyphNet } from "../../models/glyph_net.ts";
import { input, network } from "../../models/network.ts";
import { conv2d, maxPool } from "../../models/windows.ts";
import { resnet18, resnet34, resnet50 } from "../../models/resnet.ts";
import type { Model } from "../../src/onnx/model.ts";

/** Elements of all weights that a framework would call parameters: running statistics left out. */
function countWeights(model: Model): number {
  return model.graph.constants()
    .filter(({ name }) => name.endsWith(".weight") || name.endsWith(".bias"))
    .reduce((sum, { constant }) => sum + constant!.data.length, 0);
}

Deno.test("networks have as many weights as PyTorch's", () => {
  assertEquals(countWeights(digitCnn()), 1_199_882);
  assertEquals(countWeights(resnet18()), 11_689_512);
  assertEquals(countWeights(resnet34({ classes: 10 })), 21_289_802);
  assertEquals(countWeights(resnet50()), 25_557_032);
});

Deno.test("digitCnn() has the shapes of the classic digit network", () => {
  const model = digitCnn({ classes: 7 });
  const shapes = [...model.parameters.values()].map(({ name, shape }) => `${name} ${shape}`);
  assertEquals(shapes, [
    "conv1.weight 32,1,3,3",
    "conv1.bias 32",
    "conv2.weight 64,32,3,3",
    "conv2.bias 64",
    "fc1.weight 128,9216",
    "fc1.bias 128",
    "fc2.weight 7,128",
    "fc2.bias 7",
  ]);
  assertEquals(model.outputs[0]!.shape, ["batch", 7]);
  const operators = [...model.graph.nodes].map(({ opType }) => opType);
  assertEquals(operators.filter((operator) => operator === "Dropout").length, 2);
  const plain = [...digitCnn({ dropout: false }).graph.nodes].map(({ opType }) => opType);
  assert(!plain.includes("Dropout"));
});

Deno.test("resnet18() names its weights as torchvision does", () => {
  const names = new Set(resnet18({ classes: 2 }).graph.constants().map(({ name }) => name));
  for (
    const name of [
      "conv1.weight",
      "bn1.running_var",
      "layer1.0.conv1.weight",
      "layer2.0.downsample.0.weight",
      "layer2.0.downsample.1.running_mean",
      "layer4.1.bn2.bias",
      "fc.weight",
    ]
  ) assert(names.has(name), name);
  assert(!names.has("layer1.0.downsample.0.weight"));
});

Deno.test("initial weights depend on the seed and on nothing else", () => {
  const weight = (seed: number, dropout: boolean) =>
    digitCnn({ seed, dropout }).parameters.get("fc1.weight")!.value.data;
  assertEquals(weight(1, true), weight(1, false));
  assert(weight(1, true)[0] !== weight(2, true)[0]);
});

Deno.test("linear layers and convolutions start uniform in ±1/√fan-in", () => {
  const model = digitCnn();
  for (const [layer, fanIn] of [["conv2", 288], ["fc1", 9216]] as const) {
    const bound = 1 / Math.sqrt(fanIn);
    for (const part of ["weight", "bias"]) {
      const data = Array.from(model.parameters.get(`${layer}.${part}`)!.value.data, Number);
      const largest = Math.max(...data.slice(0, 10_000).map(Math.abs));
      assert(largest <= bound * (1 + 1e-6) && largest > 0.9 * bound, `${layer}.${part}`);
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      assert(Math.abs(mean) < 4 * bound / Math.sqrt(3 * data.length), `${layer}.${part}`);
    }
  }
});

Deno.test("every architecture takes class names", () => {
  for (const [name, make] of Object.entries(architectures)) {
    const model = make({ classes: ["a", "b", "c"], seed: 1 });
    assertEquals(model.name, name);
    assertEquals(model.classes, ["a", "b", "c"]);
    assertEquals(model.outputs[0]!.shape, ["batch", 3]);
    assertEquals(model.preprocessing === undefined, model.inputs[0]!.type === "int64", name);
  }
});

Deno.test("glyphNet() is under 2 MB", () => {
  assert(countWeights(glyphNet()) * 4 < 1.8e6);
});

Deno.test("layers refuse a window that does not fit", () => {
  const net = network(0);
  const x = input(net, "x", ["batch", 3, 4, 4]);
  assertThrows(
    () => maxPool(net, x, { name: "pool", kernel: 5 }),
    RangeError,
    'A 5×5 window does not fit into "x" of 4×4',
  );
  assertThrows(() =>
    conv2d(net, input(net, "y", ["batch", 3, "height", "width"]), {
      name: "conv",
      channels: 1,
      kernel: 1,
    }), TypeError);
});
