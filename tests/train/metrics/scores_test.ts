import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { tensor } from "../../../src/tensor/tensor.ts";
import {
  balancedAccuracy,
  cohenKappa,
  matthewsCorrelation,
} from "../../../src/train/metrics/agreement.ts";
import { calibration } from "../../../src/train/metrics/calibration.ts";
import {
  averagePrecision,
  precisionRecallCurve,
} from "../../../src/train/metrics/precision_recall_curve.ts";
import { brierScore, logLoss } from "../../../src/train/metrics/probability_scores.ts";
import { rocAuc, rocCurve } from "../../../src/train/metrics/roc_curve.ts";
import type { Scored } from "../../../src/train/metrics/scored.ts";
import golden from "./golden/scores.json" with { type: "json" };

function close(found: readonly number[], wanted: readonly number[], what: string) {
  assertEquals(found.length, wanted.length, what);
  found.forEach((number, at) => assertAlmostEquals(number, wanted[at]!, 1e-12, `${what} ${at}`));
}

const scoredOf = (
  data: readonly number[],
  shape: readonly number[],
  targets: number[],
): Scored => ({
  probabilities: tensor("float64", shape, data),
  targets,
});

for (const one of golden.cases) {
  const scored = scoredOf(one.probabilities, one.shape, one.targets);
  Deno.test(`curves are scikit-learn's, ties included: ${one.name}`, () => {
    one.curves.forEach((wanted, c) => {
      const roc = rocCurve(scored, { class: c });
      close(roc.falsePositiveRate, wanted.falsePositiveRate, "false positive rate");
      close(roc.truePositiveRate, wanted.truePositiveRate, "true positive rate");
      close(roc.thresholds.slice(1), wanted.rocThresholds, "ROC thresholds");
      assertEquals(roc.thresholds[0], Infinity);
      assertAlmostEquals(roc.auc, wanted.auc, 1e-12);
      const pr = precisionRecallCurve(scored, { class: c });
      close(pr.precision, wanted.precision, "precision");
      close(pr.recall, wanted.recall, "recall");
      close(pr.thresholds, wanted.thresholds, "thresholds");
      assertAlmostEquals(pr.averagePrecision, wanted.averagePrecision, 1e-12);
    });
    assertAlmostEquals(rocAuc(scored).macro, one.rocAucMacro, 1e-12);
    assertAlmostEquals(averagePrecision(scored).macro, one.averagePrecisionMacro, 1e-12);
  });

  Deno.test(`single numbers are scikit-learn's: ${one.name}`, () => {
    assertAlmostEquals(logLoss(scored), one.logLoss, 1e-12);
    assertAlmostEquals(brierScore(scored), one.brierScore, 1e-12);
    assertAlmostEquals(cohenKappa(scored), one.cohenKappa, 1e-12);
    assertAlmostEquals(matthewsCorrelation(scored), one.matthewsCorrelation, 1e-12);
    assertAlmostEquals(balancedAccuracy(scored), one.balancedAccuracy, 1e-12);
  });
}

Deno.test("calibration() bins answers by how sure they are, the upper end included", () => {
  // Worked by hand: bins (0.5, 0.75] with 0.6 and 0.75, one right; (0.75, 1] with 0.95, right.
  const scored = scoredOf([0.6, 0.4, 0.25, 0.75, 0.95, 0.05], [3, 2], [0, 0, 0]);
  const found = calibration(scored, { bins: 4 });
  assertEquals(found.bins.map((bin) => bin.count), [0, 0, 2, 1]);
  assertAlmostEquals(found.bins[2]!.confidence, 0.675);
  assertAlmostEquals(found.bins[2]!.accuracy, 0.5);
  assertAlmostEquals(found.ece, (2 * 0.175 + 0.05) / 3);
  assertAlmostEquals(found.maximum, 0.175);
  assertAlmostEquals(found.accuracy, 2 / 3);
});

Deno.test("a class without examples has no curve, and does not count in the mean", () => {
  const scored = scoredOf([0.7, 0.2, 0.1, 0.3, 0.6, 0.1], [2, 3], [0, 1]);
  assertEquals(rocAuc(scored), { perClass: [1, 1, NaN], macro: 1 });
  assertEquals(averagePrecision(scored).perClass, [1, 1, NaN]);
});

Deno.test("a right class of probability 0 costs as much as its type can tell", () => {
  const probabilities = tensor("float32", [1, 2], [1, 0]);
  assertAlmostEquals(logLoss({ probabilities, targets: [1] }), 23 * Math.LN2, 1e-9);
});

Deno.test("scores refuse what does not fit", () => {
  const probabilities = tensor("float32", [2, 2]);
  assertThrows(() => logLoss({ probabilities, targets: [0] }), TypeError, "2 examples and 1");
  assertThrows(() => brierScore({ probabilities, targets: [0, 2] }), RangeError, "found 2");
  assertThrows(
    () => rocCurve({ probabilities, targets: [0, 1] }, { class: 2 }),
    RangeError,
    'option "class" must be one of the 2 classes',
  );
  const flat = tensor("float32", [4]);
  assertThrows(() => cohenKappa({ probabilities: flat, targets: [0] }), TypeError, "float32[4]");
});
