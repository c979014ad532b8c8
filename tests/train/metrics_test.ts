import { assertAlmostEquals, assertEquals } from "@std/assert";
import { classificationCounter } from "../../src/train/metrics/classification.ts";
import { logSumExp } from "../../src/train/metrics/host_loss.ts";

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
