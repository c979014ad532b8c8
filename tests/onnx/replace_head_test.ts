import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { loadBackbone } from "../../models/load_backbone.ts";
import { mlp } from "../../src/onnx/heads/layers.ts";
import type { Model } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { freeze } from "../../src/onnx/select.ts";
import { type Tensor, tensor, toNumbers } from "../../src/tensor/tensor.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { sharedTest } from "../shared.ts";
import { info, modelBytes, node, type Parts, weight } from "./proto.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i + 1));
const image = info("x", ["N", 2, 4, 4]);
const scores = info("y", ["N", 5]);
const body = [node("Conv", ["x", "k"], ["c"]), node("Relu", ["c"], ["r"])];
const kernel = weight("k", [6, 2, 3, 3], numbers(108));
const flat = [node("GlobalAveragePool", ["r"], ["p"]), node("Flatten", ["p"], ["f"])];
const one = { kernel_shape: [1, 1] };
const pointwise = weight("w", [5, 6, 1, 1], numbers(30));

/** Classifiers as they are found in published files, each on 6 features. */
const SHAPES: Readonly<Record<string, Pick<Parts, "nodes" | "weights">>> = {
  "Gemm with the weight transposed": {
    nodes: [...flat, node("Gemm", ["f", "w", "b"], ["y"], { transB: 1 })],
    weights: [weight("w", [5, 6], numbers(30)), weight("b", [5], numbers(5))],
  },
  "Gemm with the weight as it is": {
    nodes: [...flat, node("Gemm", ["f", "w"], ["y"])],
    weights: [weight("w", [6, 5], numbers(30))],
  },
  "MatMul and Add": {
    nodes: [...flat, node("MatMul", ["f", "w"], ["m"]), node("Add", ["m", "b"], ["y"])],
    weights: [weight("w", [6, 5], numbers(30)), weight("b", [5], numbers(5))],
  },
  "MatMul with the weight turned at run time, and the bias first": {
    nodes: [
      node("ReduceMean", ["r"], ["p"], { axes: [2, 3], keepdims: 0 }),
      node("Transpose", ["w"], ["t"], { perm: [1, 0] }),
      node("MatMul", ["p", "t"], ["m"]),
      node("Add", ["b", "m"], ["y"]),
    ],
    weights: [weight("w", [5, 6], numbers(30)), weight("b", [5], numbers(5))],
  },
  "a 1×1 convolution before the pool, as in SqueezeNet": {
    nodes: [
      node("Conv", ["r", "w"], ["l"], one),
      node("Relu", ["l"], ["a"]),
      node("GlobalAveragePool", ["a"], ["p"]),
      node("Flatten", ["p"], ["y"]),
    ],
    weights: [pointwise],
  },
  "a 1×1 convolution after the pool, as in MobileNetV2": {
    nodes: [flat[0]!, node("Conv", ["p", "w"], ["l"], one), node("Flatten", ["l"], ["y"])],
    weights: [pointwise],
  },
  "Gemm and Softmax": {
    nodes: [...flat, node("Gemm", ["f", "w"], ["l"]), node("Softmax", ["l"], ["y"])],
    weights: [weight("w", [6, 5], numbers(30))],
  },
  "Gemm, Dropout before it and LogSoftmax": {
    nodes: [
      ...flat,
      node("Dropout", ["f"], ["d"]),
      node("Gemm", ["d", "w"], ["l"]),
      node("LogSoftmax", ["l"], ["y"]),
    ],
    weights: [weight("w", [6, 5], numbers(30))],
  },
};

function small({ nodes, weights }: Pick<Parts, "nodes" | "weights">): Promise<Model> {
  const parts = { inputs: [image], outputs: [scores] };
  return readModel(
    modelBytes({ ...parts, nodes: [...body, ...nodes], weights: [kernel, ...weights!] }),
  );
}

for (const [name, shape] of Object.entries(SHAPES)) {
  Deno.test(`replaceHead() takes the place of ${name}`, async () => {
    const backbone = await small(shape);
    const before = [...backbone.parameters.keys()];
    const model = replaceHead(freeze(backbone, "all"), { classes: ["ant", "bee", "wasp"] });
    assertEquals([...model.parameters.keys()], ["k", "head.weight", "head.bias"]);
    assertEquals(model.parameters.get("head.weight")!.shape, [3, 6]);
    const trainable = [...model.parameters.values()].filter((parameter) => parameter.trainable);
    assertEquals(trainable.map((parameter) => parameter.name), ["head.weight", "head.bias"]);
    assertEquals(model.outputs.map(({ name, shape }) => [name, shape]), [["logits", ["N", 3]]]);
    assertEquals([...backbone.parameters.keys()], before, "the model given stays as it is");
    assertEquals(model.parameters.get("k")!.value.data, backbone.parameters.get("k")!.value.data);
    assert(
      model.parameters.get("k")!.value.data === backbone.parameters.get("k")!.value.data,
      "weights are shared",
    );
    const x = tensor("float32", [2, 2, 4, 4], numbers(64));
    const { gradients, outputs } = await valueAndGrad(model, { x }, tensor("int64", [2], [0, 2]));
    assertEquals([...gradients.keys()], ["head.weight", "head.bias"]);
    assert(gradients.get("head.weight")!.data.some((g) => g !== 0));
    assertEquals(outputs["logits"]!.dims, [2, 3]);
    assertClose(outputs["logits"]!, await expected(model, x));
  });
}

/** What the head must give: the mean of each channel of the body, times the weights, plus the bias. */
async function expected(model: Model, x: Tensor<"float32">): Promise<number[]> {
  const session = await InferenceSession.create(modelBytes({
    nodes: [...body, ...flat],
    inputs: [image],
    outputs: [info("f", ["N", 6])],
    weights: [kernel],
  }));
  const features = (await session.run({ x: new PlainTensor("float32", x.data, x.dims) }))["f"]!;
  const [w, b] = ["head.weight", "head.bias"].map((name) =>
    toNumbers(model.parameters.get(name)!.value)
  );
  const rows = [0, 1].map((n) => Array.from(features.data as Float32Array).slice(6 * n, 6 * n + 6));
  return rows.flatMap((row) =>
    b!.map((bias, k) => row.reduce((sum, one, i) => sum + one * w![6 * k + i]!, bias))
  );
}

function assertClose(found: Tensor, numbers: readonly number[]): void {
  assertEquals(found.data.length, numbers.length);
  toNumbers(found).forEach((one, i) => assertAlmostEquals(one, numbers[i]!, 1e-5));
}

Deno.test("replaceHead() starts as nn.Linear does, by the seed", async () => {
  const backbone = await small(SHAPES["MatMul and Add"]!);
  const weights = (seed: number) =>
    replaceHead(backbone, { classes: 200, seed }).parameters.get("head.weight")!.value
      .data as Float32Array;
  const bound = 1 / Math.sqrt(6);
  assert(weights(1).every((w) => Math.abs(w) <= bound));
  assert(Math.max(...weights(1)) > 0.98 * bound && Math.min(...weights(1)) < -0.98 * bound);
  const variance = weights(1).reduce((sum, w) => sum + w * w, 0) / 1200;
  assert(Math.abs(variance / (bound * bound / 3) - 1) < 0.1);
  assertEquals(weights(1), weights(1));
  assertNotEquals(weights(1), weights(2));
});

Deno.test("replaceHead() makes heads of several layers and replaces those again", async () => {
  const backbone = await small(SHAPES["Gemm and Softmax"]!);
  const head = mlp({ hidden: [7, 4], dropout: 0.5 });
  const deep = replaceHead(backbone, { classes: 3, head });
  const shapes = [0, 1, 2].map((layer) => deep.parameters.get(`head.${layer}.weight`)!.shape);
  assertEquals(shapes, [[7, 6], [4, 7], [3, 4]]);
  const flatAgain = replaceHead(deep, { classes: 2 });
  assertEquals([...flatAgain.parameters.keys()], ["k", "head.weight", "head.bias"]);
  assertEquals(flatAgain.parameters.get("head.weight")!.shape, [2, 6]);
  for (const [layer, fanIn] of [[0, 6], [1, 7], [2, 4]]) {
    for (const kind of ["weight", "bias"]) {
      const found = toNumbers(deep.parameters.get(`head.${layer}.${kind}`)!.value).map(Math.abs);
      assert(Math.max(...found) <= 1 / Math.sqrt(fanIn!) && Math.max(...found) > 0);
    }
  }
});

Deno.test("replaceHead() makes regression heads", async () => {
  const backbone = await small(SHAPES["Gemm with the weight as it is"]!);
  const model = replaceHead(backbone, { outputs: 3, task: "regression" });
  assertEquals(model.outputs.map(({ name, shape }) => [name, shape]), [["output", ["N", 3]]]);
  assertEquals(model.classes, undefined);
  const x = tensor("float32", [2, 2, 4, 4], numbers(64));
  const found = await valueAndGrad(model, { x }, tensor("float32", [2, 3]), { loss: "mse" });
  assertClose(found.outputs["output"]!, await expected(model, x));
});

Deno.test("replaceHead() asks for a place where it finds no classifier, and takes it", async () => {
  const bare = await readModel(modelBytes({
    nodes: [...body, node("Sigmoid", ["r"], ["y"])],
    inputs: [image],
    outputs: [info("y", ["N", 6, 2, 2])],
    weights: [kernel],
  }));
  assertThrows(() => replaceHead(bare, { classes: 2 }), RangeError, "{ at: ");
  const model = replaceHead(bare, { classes: 2, at: "r" });
  assertEquals(model.parameters.get("head.weight")!.shape, [2, 6]);
  assertThrows(() => replaceHead(bare, { classes: 2, at: "rr" }), RangeError, '"rr"; it has "k"');
  const x = tensor("float32", [2, 2, 4, 4], numbers(64));
  const { outputs } = await valueAndGrad(model, { x }, tensor("int64", [2], [0, 1]));
  assertClose(outputs["logits"]!, await expected(model, x));
});

Deno.test("replaceHead() asks for a place where a classifier scores every token, and pools it", async () => {
  const tagger = await readModel(modelBytes({
    nodes: [node("MatMul", ["x", "v"], ["t"]), node("MatMul", ["t", "w"], ["y"])],
    inputs: [info("x", ["N", "T", 4])],
    outputs: [info("y", ["N", "T", 5])],
    valueInfo: [info("t", ["N", "T", 6])],
    weights: [weight("v", [4, 6], numbers(24)), weight("w", [6, 5], numbers(30))],
  }));
  assertThrows(() => replaceHead(tagger, { classes: 2 }), RangeError, "{ at: ");
  const model = replaceHead(tagger, { classes: 2, at: "t" });
  const x = tensor("float32", [3, 2, 4], numbers(24));
  const { outputs } = await valueAndGrad(model, { x }, tensor("int64", [3], [0, 1, 1]));
  assertEquals(outputs["logits"]!.dims, [3, 2]);
});

Deno.test("replaceHead() goes on top of features that are called as its own output", async () => {
  const named = (name: string) =>
    readModel(modelBytes({
      nodes: [...body, flat[0]!, node("Flatten", ["p"], [name])],
      inputs: [image],
      outputs: [info(name, ["N", 6])],
      weights: [kernel],
    }));
  const x = tensor("float32", [2, 2, 4, 4], numbers(64));
  const ants = replaceHead(await named("logits"), { classes: 3 });
  const { outputs } = await valueAndGrad(ants, { x }, tensor("int64", [2], [0, 1]));
  assertClose(outputs["logits"]!, await expected(ants, x));
  const sizes = replaceHead(await named("output"), { outputs: 2, at: "output" });
  const zeros = tensor("float32", [2, 2]);
  const found = await valueAndGrad(sizes, { x }, zeros, { loss: "mse" });
  assertClose(found.outputs["output"]!, await expected(sizes, x));
});

Deno.test("replaceHead() at the result of a layer takes that layer's width", async () => {
  const backbone = await readModel(modelBytes({
    nodes: [
      ...flat,
      node("Gemm", ["f", "w"], ["h"]),
      node("Tanh", ["h"], ["t"]),
      node("Sigmoid", ["t"], ["y"]),
    ],
    inputs: [info("r", ["N", 6, 2, 2])],
    outputs: [scores],
    weights: [weight("w", [6, 5], numbers(30))],
  }));
  const model = replaceHead(backbone, { classes: 3, at: "t" });
  assertEquals(model.parameters.get("head.weight")!.shape, [3, 5]);
  assert(model.parameters.has("w"));
});

Deno.test("replaceHead() names an option that is wrong", async () => {
  const backbone = await small(SHAPES["MatMul and Add"]!);
  assertThrows(() => replaceHead(backbone, { classes: 1 }), Error, "classes");
  assertThrows(() => replaceHead(backbone, { classes: ["one"] }), Error, "classes");
  assertThrows(() => replaceHead(backbone, {}), TypeError, "classes");
  assertThrows(() => replaceHead(backbone, { clases: 3 } as never), Error, "clases");
});

sharedTest(
  "replaceHead() at BERT's pooled output",
  ["data/models/bert-toy-optimized.onnx"],
  async (file) => {
    const backbone = await loadBackbone(file!.href);
    const at = [...backbone.graph.nodes].find((one) => one.opType === "Tanh")!.outputs[0]!.name;
    const model = replaceHead(backbone, { classes: 3, at });
    const ids = tensor("int64", [2, 16], Array.from({ length: 32 }, (_, i) => i + 1));
    const ones = tensor("int64", [2, 16], new Array(32).fill(1));
    const inputs = Object.fromEntries(
      model.inputs.map(({ name }) => [name, name === "input_ids" ? ids : ones]),
    );
    const { gradients } = await valueAndGrad(model, inputs, tensor("int64", [2], [0, 2]));
    assert(gradients.size > 80);
  },
);

for (
  const [name, features] of [
    ["mobilenetv2-7", 1280],
    ["squeezenet1.1", 512],
    ["cifar10-resnet20", 64],
    ["mnist-pytorch", 50],
  ] as const
) {
  sharedTest(
    `replaceHead() finds the classifier of ${name}`,
    [`data/models/${name}.onnx`],
    async (file) => {
      const model = replaceHead(await loadBackbone(file!.href), { classes: 2 });
      assertEquals(model.parameters.get("head.weight")!.shape, [2, features]);
      assert(model.outputs[0]!.shape.length === 2);
    },
  );
}
