import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { digitCnn } from "../../../models/digit_cnn.ts";
import { arrays } from "../../../src/data/arrays.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { extractFeatures } from "../../../src/train/extract_features.ts";
import { type Pooling, poolRows } from "../../../src/train/probes/pooling.ts";
import { logisticRegression } from "../../../src/train/probes/logistic_regression.ts";
import { withLinearHead } from "../../../src/train/probes/with_linear_head.ts";
import { predict } from "../../../src/workflow/predict.ts";
import { encoder, sequences } from "../../onnx/adapters/encoder.ts";

const COUNT = 12;
const quiet = { verbose: false, device: "cpu" } as const;

function digits(): { x: Tensor; targets: Tensor } {
  const random = rng("digits");
  const data = Float32Array.from({ length: COUNT * 784 }, () => random.normal());
  const targets = Array.from({ length: COUNT }, (_, i) => i % 3);
  return {
    x: tensor("float32", [COUNT, 1, 28, 28], data),
    targets: tensor("int64", [COUNT], targets),
  };
}

/** Output of the last node of a kind. */
const lastOf = (model: Model, opType: string) =>
  [...model.graph.nodes].findLast((node) => node.opType === opType)!.outputs[0]!.name;

const cnn = digitCnn({ classes: 10, seed: 1 });
const transformer = encoder();
const CASES: readonly [string, Model, string, Pooling, { x: Tensor; targets: Tensor }][] = [
  ["what the classifier reads", cnn, "pool", "none", digits()],
  ...(["average", "max", "both"] as const).map((pooling) =>
    [`${pooling} of a feature map`, cnn, lastOf(cnn, "Conv"), pooling, digits()] as const
  ),
  ...(["average", "max", "both", "cls"] as const).map((pooling) =>
    [
      `${pooling} of tokens`,
      transformer,
      lastOf(transformer, "LayerNormalization"),
      pooling,
      sequences(COUNT),
    ] as const
  ),
] as never;

for (const [name, model, layer, pooling, { x, targets }] of CASES) {
  Deno.test(`withLinearHead() answers as the probe of ${name}`, async () => {
    const data = arrays({ inputs: { x }, targets, classes: ["a", "b", "c"] });
    const features = await extractFeatures(model, data, { ...quiet, layer, pooling, batchSize: 5 });
    const probe = await logisticRegression(features, { ...quiet, C: 1e4 });
    const whole = withLinearHead(model, probe);
    assertEquals(whole.classes, ["a", "b", "c"]);
    const expected = await probe.probabilities(features);
    const found = await predict(whole, data, quiet);
    found.forEach((classes, row) => {
      for (const { index, probability } of classes) {
        assertAlmostEquals(probability, expected[row * 3 + index]!, 2e-5);
      }
    });
    assert(Math.max(...expected) > 0.4, "the probe tells the classes apart");
  });
}

Deno.test("extractFeatures() gives several layers in one pass, each as it is alone", async () => {
  const { x, targets } = digits();
  const plain = arrays({ inputs: { x }, targets });
  let reads = 0;
  const data = { ...plain, get: (index: number) => (reads++, plain.get(index)) };
  const layers = ["conv1", "pool", "conv1"];
  const all = await extractFeatures(cnn, data, { ...quiet, layers });
  assertEquals(reads, COUNT);
  for (const [at, layer] of layers.entries()) {
    assertEquals(all[at], await extractFeatures(cnn, plain, { ...quiet, layer }));
  }
  assertEquals(all[0]!.layerShape, all[0]!.shape.slice(1));
  await assertRejects(
    () => extractFeatures(cnn, data, { ...quiet, layer: "pool", layers } as never),
    TypeError,
    "not both",
  );
  await assertRejects(
    () => extractFeatures(cnn, data, { ...quiet, layer: "conv1", pooling: "cls" }),
    RangeError,
    "[N, T, D]",
  );
});

Deno.test("pooling takes the places of channels, and the tokens, that it should", () => {
  const data = Float32Array.of(1, 2, 3, 6, 5, 0, -1, 4);
  const pooled = (shape: readonly number[], pooling: Pooling) => [
    ...poolRows(data, { count: 1, shape, pooling }),
  ];
  assertEquals(pooled([2, 2, 2], "average"), [3, 2]);
  assertEquals(pooled([2, 2, 2], "max"), [6, 5]);
  assertEquals(pooled([2, 2, 2], "both"), [3, 2, 6, 5]);
  assertEquals(pooled([4, 2], "average"), [2, 3]);
  assertEquals(pooled([4, 2], "max"), [5, 6]);
  assertEquals(pooled([4, 2], "cls"), [1, 2]);
  assertEquals(pooled([8], "max"), [...data]);
});

Deno.test("withLinearHead() refuses features that it cannot make in the model", async () => {
  const { x, targets } = digits();
  const data = arrays({ inputs: { x }, targets });
  const features = await extractFeatures(cnn, data, { ...quiet, layer: "conv2" });
  const [rows, ...rest] = features.shape;
  const flat = { ...features, shape: [rows!, rest.reduce((a, b) => a * b)] };
  const probe = await logisticRegression(flat, quiet);
  assertThrows(() => withLinearHead(cnn, probe), RangeError, "give it a pooling");
  const { data: numbers, shape, targets: classes } = flat;
  const own = await logisticRegression({ data: numbers, shape, targets: classes }, quiet);
  assertThrows(() => withLinearHead(cnn, own), RangeError, "extractFeatures");
});
