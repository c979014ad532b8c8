import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { loadBackbone } from "../../models/load_backbone.ts";
import { arrays } from "../../src/data/arrays.ts";
import { embedding, regression } from "../../src/onnx/heads/outputs.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { taskOf } from "../../src/onnx/task.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { averagePrecision } from "../../src/train/metrics/average_precision.ts";
import { MultiLabelCounter } from "../../src/train/metrics/multi_label.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { predict } from "../../src/workflow/predict.ts";
import { triplet } from "../../src/artifacts/losses/triplet.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied } from "./small_models.ts";

const quiet = { verbose: false } as const;
const backbone = await loadBackbone("digit_cnn", { weights: "random" });
const x = tensor("float32", [6, 1, 28, 28], hashed("pictures", 6 * 784));
const yes = tensor("float32", [6, 3], [1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1]);

/** Scores of six examples of three classes, and what scikit-learn 1.9 says of them and `yes`. */
const SCORES = [2, -1, 0.5, -1, 0.3, 0.5, -0.2, 2, -1, -3, -2, 1, 1, -1, 0.1, 0.3, 0.2, -0.4];

Deno.test("scores of several labels at once are those of scikit-learn", () => {
  const counter = new MultiLabelCounter(3, { curves: true });
  for (let row = 0; row < 6; row++) counter.add(SCORES, yes.data, 3 * row);
  const { perClass, macro, micro, weighted, ...rest } = counter.result(["a", "b", "c"]);
  const expected = [
    [2 / 3, 2 / 3, 2 / 3, 3, 11 / 12],
    [2 / 3, 1, 0.8, 2, 5 / 6],
    [3 / 4, 3 / 4, 3 / 4, 4, 173 / 240],
  ];
  perClass.forEach((one, c) => {
    const found = [one.precision, one.recall, one.f1, one.support, one.averagePrecision];
    found.forEach((number, i) => assertAlmostEquals(number, expected[c]![i]!, 1e-12));
  });
  assertAlmostEquals(macro.f1, (2 / 3 + 0.8 + 0.75) / 3, 1e-12);
  assertAlmostEquals(weighted.f1, (3 * 2 / 3 + 2 * 0.8 + 4 * 0.75) / 9, 1e-12);
  assertAlmostEquals(micro.precision, 7 / 10, 1e-12);
  assertAlmostEquals(micro.recall, 7 / 9, 1e-12);
  assertAlmostEquals(rest.accuracy, 13 / 18, 1e-12);
  assertAlmostEquals(rest.exactMatch, 2 / 6, 1e-12);
  const average = (11 / 12 + 5 / 6 + 173 / 240) / 3;
  assertAlmostEquals(rest.meanAveragePrecision, average, 1e-12);
});

Deno.test("average precision takes equal scores together, and is not there without a yes", () => {
  assertAlmostEquals(
    averagePrecision([1, 1, 0], [true, false, true]),
    1 / 2 * 1 / 2 + 1 / 2 * 2 / 3,
  );
  assertEquals(averagePrecision([1, 0], [false, false]), NaN);
  assertEquals(averagePrecision([3, 2, 1], [true, true, false]), 1);
});

Deno.test("a multi-label model is fitted, measured, saved and used by its task", async () => {
  const model = replaceHead(backbone, { classes: ["a", "b", "c"], task: "multiLabel" });
  const data = arrays({ inputs: { x }, targets: yes });
  const options = { epochs: 12, batchSize: 6, optimizer: adam({ learningRate: 3e-3 }), ...quiet };
  const { model: tuned, history } = await fit(model, data, { ...options, validation: data });
  const report = await evaluate(tuned, data, quiet);
  assertEquals(report.accuracy, 1);
  assertEquals([report.macro!.f1, report.micro!.f1, report.meanAveragePrecision], [1, 1, 1]);
  assertEquals(report.perClass!.map(({ label, support }) => [label, support]), [
    ["a", 3],
    ["b", 2],
    ["c", 4],
  ]);
  assertEquals(history.epochs.at(-1)!.validation!.accuracy, 1);
  assertAlmostEquals(history.epochs.at(-1)!.validation!.loss, report.loss, 1e-5);
  const found = await predict(tuned, data);
  assertEquals(found.map((labels) => labels.map(({ index }) => index).sort()), [
    [0, 2],
    [2],
    [0, 1],
    [],
    [0, 2],
    [1, 2],
  ]);
  const all = await predict(tuned, data, { threshold: 0, topK: 2 });
  assertEquals(all.map((labels) => labels.length), [2, 2, 2, 2, 2, 2]);
  const file = await Deno.makeTempFile({ suffix: ".onnx" });
  await saveModel(tuned, file);
  const read = await loadBackbone(file);
  assertEquals([taskOf(read), read.outputs.length], ["multiLabel", 1]);
  assertEquals(await predict(read, data), found);
  const session = await InferenceSession.create(file);
  const { probabilities } = await session.run({ x: new PlainTensor("float32", x.data, x.dims) });
  const first = (await predict(tuned, data, { threshold: 0 }))[0]!;
  for (const { index, probability } of first) {
    assertAlmostEquals((probabilities!.data as Float32Array)[index]!, probability, 1e-6);
  }
  await Deno.remove(file);
});

Deno.test("a threshold moves precision against recall", async () => {
  const model = multiplied(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  const scores = tensor("float32", [6, 3], SCORES);
  const data = arrays({ inputs: { x: scores }, targets: yes });
  const loss = "binaryCrossEntropy";
  const [low, high] = await Promise.all(
    [0.2, 0.8].map((threshold) => evaluate(model, data, { ...quiet, loss, threshold })),
  );
  assert(low!.micro!.recall > high!.micro!.recall);
  assert(low!.micro!.precision < high!.micro!.precision);
  assertEquals(low!.meanAveragePrecision, high!.meanAveragePrecision);
});

Deno.test("predict() of numbers gives them in their order", async () => {
  const model = replaceHead(backbone, { outputs: 2, head: regression({ range: [0, 10] }) });
  const targets = tensor("float32", [6, 2], hashed("t", 12).map((u) => 5 + 4 * u));
  const data = arrays({ inputs: { x }, targets });
  const { model: tuned, history } = await fit(model, data, {
    epochs: 1,
    validation: data,
    ...quiet,
  });
  const report = await evaluate(model, data, quiet);
  const found = await predict(model, data);
  const square = found.flat().reduce(
    (sum, { value }, i) => sum + (value! - targets.data[i]!) ** 2,
    0,
  );
  assertAlmostEquals(report.loss, square / 12, 1e-4);
  const after = await evaluate(tuned, data, quiet);
  assertAlmostEquals(history.epochs[0]!.validation!.loss, after.loss, 1e-4);
  assertEquals(found[0]!.map(({ index, label, probability }) => [index, label, probability]), [
    [0, "0", NaN],
    [1, "1", NaN],
  ]);
  assert(found.flat().every(({ value }) => value! > 0 && value! < 10));
});

Deno.test("embeddings of classes are learned, whatever the number of their outputs", async () => {
  const model = replaceHead(backbone, { head: embedding({ size: 8 }) });
  const targets = tensor("int64", [6], [0, 1, 2, 0, 1, 2]);
  // A bright band at the top, in the middle or at the bottom.
  const bands = x.data.map((u, i) =>
    (Math.floor(i % 784 / 262) === Math.floor(i / 784) % 3 ? 3 : 0) + 0.1 * u
  );
  const inputs = { x: tensor("float32", [6, 1, 28, 28], bands) };
  const data = { ...arrays({ inputs, targets }), classes: ["a", "b", "c"] };
  const loss = triplet({ margin: 0.5 });
  const options = {
    loss,
    epochs: 6,
    batchSize: 6,
    optimizer: adam({ learningRate: 3e-3 }),
    ...quiet,
  };
  const { model: tuned, history } = await fit(model, data, { ...options, validation: data });
  const last = history.epochs.at(-1)!.validation!.loss;
  assert(history.epochs[0]!.loss > 0.1 && last < 0.05, `${history.epochs[0]!.loss}, then ${last}`);
  assertEquals(history.epochs[0]!.accuracy, NaN);
  const [first] = await predict(tuned, data);
  assertAlmostEquals(Math.hypot(...first!.map(({ value }) => value!)), 1, 1e-5);
  const { loss: measured } = await evaluate(tuned, data, { loss, ...quiet });
  assertAlmostEquals(measured, last, 1e-5);
});
