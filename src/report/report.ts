import { replaceFile } from "../onnx/replace_file.ts";
import type { Model } from "../onnx/model.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { balancedAccuracy, cohenKappa, matthewsCorrelation } from "../train/metrics/agreement.ts";
import { calibration } from "../train/metrics/calibration.ts";
import { averagePrecision } from "../train/metrics/precision_recall_curve.ts";
import { brierScore, logLoss } from "../train/metrics/probability_scores.ts";
import { rocAuc } from "../train/metrics/roc_curve.ts";
import { cellsOf, findingsOf, topLosses } from "./findings.ts";
import { type ReportOptions, type ReportResult, reportSchema } from "./report_options.ts";
import { reportPage } from "./report_page.ts";

import { scoreExamples } from "./score_examples.ts";
import { shownExamples } from "./shown_examples.ts";

export type { ReportOptions, ReportResult };

/**
 * Everything there is to see of a classifier on a data set, as one HTML page that needs no network:
 * scores, confusion matrix, calibration, ROC and precision-recall curves, scores by class, the
 * examples of the greatest losses with what the network looks at (Grad-CAM), examples of each cell of
 * the confusion matrix, and the curves of training. Equal inputs give equal pages.
 *
 * Throws `TypeError` where the targets are no classes or the model gives no score for each.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { arrays, loadBackbone, report } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(2 * 784) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const data = arrays({ inputs: { x }, targets });
 * const { html } = await report(model, data, { title: "Digits", verbose: false });
 * assertStringIncludes(html, "<h1>Digits</h1>");
 * ```
 */
export async function report(
  model: Model,
  data: Dataset,
  options: ReportOptions = {},
): Promise<ReportResult> {
  const checked = checkOptions("report", reportSchema, options);
  const { out, top = 12, perCell = 4, gradCam = true, batchSize = 32, verbose = true } = checked;
  const device = checked.device ?? "auto";
  const scored = await scoreExamples(model, data, { batchSize, device, verbose });
  const findings = findingsOf(scored);
  const cells = cellsOf(findings);
  const losses = topLosses(findings, top);
  const shown = await shownExamples(model, data, {
    losses,
    cells,
    perCell,
    gradCam,
    device,
    verbose,
  });
  const numbers = {
    evaluation: scored.evaluation,
    calibration: calibration(scored),
    rocAuc: rocAuc(scored),
    averagePrecision: averagePrecision(scored),
    balancedAccuracy: balancedAccuracy(scored),
    logLoss: logLoss(scored),
    brierScore: brierScore(scored),
    cohenKappa: cohenKappa(scored),
    matthewsCorrelation: matthewsCorrelation(scored),
  };
  const about = { model, scored, numbers, cells, losses, shown, options: checked };
  const html = await reportPage(about);
  if (out !== undefined) await replaceFile(out, [new TextEncoder().encode(html)]);
  return { html, ...numbers };
}
