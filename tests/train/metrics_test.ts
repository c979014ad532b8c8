import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { classificationCounter } from "../../src/train/metrics/classification.ts";
import { logSumExp } from "../../src/train/metrics/host_loss.ts";
import { multiplied, shifted } from "./small_models.ts";

/** Right classes and answers of nine examples of four classes; nobody answers 3, and 2 never occurs. */
const RIGHT = [0, 0, 0, 0, 1, 1, 1, 3, 3];
const ANSWERS = [0, 0, 1, 2, 1, 1, 0, 1, 0];

function counted() {
  const counter = classificationCounter(4);
  RIGHT.forEach((label, i) => {
    const scores = [0, 1, 2, 3].map((c) => c === ANSWERS[i] ? 1 : -c);
    counter.add([9, 9, ...scores], 2, label);
  });
  return counter.result(["a", "b", "c", "d"]);
}

Deno.test("precision, recall and F1 by class and their means are as scikit-learn defines them", () => {
  const { perClass, macro, weighted, accuracy } = counted();
  // a: 2 of 4 answers right, 2 of 4 found; b: 2 of 4, 2 of 3; c: 0 of 1, none there; d: none, 0 of 2
  const expected = [
    [1 / 2, 1 / 2, 1 / 2, 4],
    [1 / 2, 2 / 3, 4 / 7, 3],
    [0, 0, 0, 0],
    [0, 0, 0, 2],
  ];
  perClass.forEach((one, c) => {
    const found = [one.precision, one.recall, one.f1, one.support];
    found.forEach((number, i) => assertAlmostEquals(number, expected[c]![i]!, 1e-12));
  });
  assertEquals(perClass.map((one) => one.label), ["a", "b", "c", "d"]);
  assertAlmostEquals(accuracy, 4 / 9);
  assertAlmostEquals(macro.precision, 1 / 4);
  assertAlmostEquals(macro.recall, 7 / 24);
  assertAlmostEquals(macro.f1, (1 / 2 + 4 / 7) / 4);
  assertAlmostEquals(weighted.precision, (4 / 2 + 3 / 2) / 9);
  assertAlmostEquals(weighted.recall, 4 / 9);
  assertAlmostEquals(weighted.f1, (4 / 2 + 3 * 4 / 7) / 9);
});

Deno.test("the confusion matrix has right classes down and answers across", () => {
  assertEquals(counted().confusionMatrix, [[2, 1, 1, 0], [1, 2, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0]]);
});

Deno.test("top-k accuracy counts the right class among the k best", () => {
  const counter = classificationCounter(7);
  const scores = [7, 6, 5, 4, 3, 2, 1];
  for (const label of [0, 4, 5, 6]) counter.add(scores, 0, label);
  assertEquals(counter.result(undefined).topK, { k: 5, accuracy: 0.5 });
});

Deno.test("logSumExp() neither overflows nor loses small terms", () => {
  assertAlmostEquals(logSumExp([1000, 1000], 0, 2), 1000 + Math.LN2);
  assertAlmostEquals(logSumExp([5, -1000, 0], 1, 2), Math.log(1 + Math.exp(-1000)));
  assertEquals(logSumExp([-Infinity, -Infinity], 0, 2), -Infinity);
});

const quiet = { verbose: false } as const;
/** The outputs are the inputs. */
const identity = () => multiplied(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));

Deno.test("evaluate() counts every example once, whatever the batch size", async () => {
  const scores = [3, 1, 0, 0, 2, 5, 9, 8, 7, 1, 2, 0, 4, 0, 1];
  const x = tensor("float32", [5, 3], scores);
  const targets = tensor("int64", [5], [0, 1, 0, 1, 0]);
  const data = arrays({ inputs: { x }, targets, classes: ["a", "b", "c"] });
  const loss = [0, 1, 0, 1, 0].reduce((sum, label, i) => {
    const row = scores.slice(3 * i, 3 * i + 3);
    return sum + (logSumExp(row, 0, 3) - row[label]!) / 5;
  }, 0);
  for (const batchSize of [1, 2, 3, 5, 64]) {
    const report = await evaluate(identity(), data, { ...quiet, batchSize });
    assertAlmostEquals(report.loss, loss, 1e-6);
    assertEquals(report.examples, 5);
    assertAlmostEquals(report.accuracy, 4 / 5);
    assertEquals(report.topK, { k: 3, accuracy: 1 });
    assertEquals(report.confusionMatrix, [[3, 0, 0], [0, 1, 1], [0, 0, 0]]);
    assertEquals(report.perClass!.map(({ label, support }) => [label, support]), [
      ["a", 3],
      ["b", 2],
      ["c", 0],
    ]);
  }
});

Deno.test("evaluate() weighs losses, and counts answers", async () => {
  const x = tensor("float32", [2, 3], [0, 0, 0, 9, 0, 0]);
  const weights = tensor("float32", [2], [3, 1]);
  const data = arrays({ inputs: { x }, targets: tensor("int64", [2], [0, 1]), weights });
  const report = await evaluate(identity(), data, quiet);
  const second = logSumExp([9, 0, 0], 0, 3);
  assertAlmostEquals(report.loss, (3 * Math.log(3) + second) / 4, 1e-6);
  assertEquals(report.accuracy, 1 / 2);
});

Deno.test("evaluate() of numbers gives their loss, and no accuracy", async () => {
  const model = multiplied(Float32Array.of(1, 1, 1));
  const x = tensor("float32", [2, 3], [1, 2, 3, 0, 0, 1]);
  for (const targets of [tensor("float32", [2, 1], [4, 1]), tensor("int64", [2], [4, 1])]) {
    const report = await evaluate(model, arrays({ inputs: { x }, targets }), quiet);
    assertAlmostEquals(report.loss, 2, 1e-6);
    assertEquals([report.accuracy, report.perClass], [NaN, undefined]);
    const binary = { ...quiet, loss: "binaryCrossEntropy" } as const;
    const other = await evaluate(model, arrays({ inputs: { x }, targets }), binary);
    const exact = (Math.log1p(Math.exp(6)) - 4 * 6 + Math.log1p(Math.exp(1)) - 1) / 2;
    assertAlmostEquals(other.loss, exact, 1e-5);
  }
});

Deno.test("evaluate() refuses targets that do not fit, and data without targets", async () => {
  const x = tensor("float32", [4, 3], new Float32Array(12));
  const of = (targets?: Parameters<typeof arrays>[0]["targets"]) => () =>
    evaluate(shifted(), arrays({ inputs: { x }, ...(targets && { targets }) }), quiet);
  await assertRejects(of(tensor("float32", [4])), TypeError, "float32[4]");
  await assertRejects(of(tensor("float32", [4, 2])), TypeError, "float32[4,2]");
  await assertRejects(of(tensor("int64", [4], [0, 1, 2, 3])), RangeError, "found 3");
  await assertRejects(of(), TypeError, "no targets");
});
