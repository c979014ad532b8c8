import { lossOf } from "../artifacts/losses/by_name.ts";
import type { Model } from "../onnx/model.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import type { FitOptions, FitSettings } from "./fit_options.ts";
import type { FitResult } from "./history.ts";
import { checkClasses, prepared } from "./prepare.ts";
import { stderrProgress } from "./progress.ts";
import { Run, type RunDatasets } from "./run.ts";
import { dryRun } from "./run/dry_run.ts";
import { firstExamples } from "./run/first_examples.ts";
import { settingsFor } from "./settings_for.ts";
import { Trainer } from "./trainer.ts";

export { type Divergence, DivergenceError, type DivergenceKind } from "./divergence_error.ts";
export type { FitOptions } from "./fit_options.ts";
export type { EpochRecord, FitResult, History } from "./history.ts";

/**
 * Trains a model's trainable parameters on a data set, and gives a new model with a history. What lies
 * before the first trainable parameter is computed once where its inputs do not change.
 *
 * Equal seeds give equal results. With `checkpoint`, a run that was cut off goes on from its last
 * checkpoint as if nothing had been: the result has the same bytes. Throws `DivergenceError`, which
 * names the batch and the layer and has the last good model, where the loss or a weight becomes NaN or
 * infinite.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { arrays, fit, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [4, 1, 28, 28], data: new Float32Array(4 * 784).fill(1) } as const;
 * const targets = { type: "int64", dims: [4], data: BigInt64Array.of(3n, 3n, 3n, 3n) } as const;
 * const data = arrays({ inputs: { x }, targets });
 * const { history } = await fit(model, data, { epochs: 4, batchSize: 4, verbose: false });
 * assert(history.epochs[3]!.loss < history.epochs[0]!.loss);
 * ```
 */
export async function fit(
  model: Model,
  dataset: Dataset,
  options: FitOptions = {},
): Promise<FitResult> {
  const settings = await settingsFor(model, dataset, options);
  checkClasses(dataset, model, "The training data");
  if (settings.validation) checkClasses(settings.validation, model, "The validation data");
  const labels = lossOf(settings.loss).targets === "classes"
    ? dataset.classes ?? model.classes
    : model.classes;
  const named = { ...model, classes: model.classes ?? labels };
  const datasets = datasetsOf(dataset, model, settings);
  const note = (line: string) => stderrProgress(settings.verbose, "").note(line);
  const runtime = await runtimeFor(settings.device, note, settings.deviceOptions);
  const trainerOf = (settings: FitSettings) => new Trainer(runtime, named, settings, note);
  try {
    if (settings.dryRun) return await dryRun(named, datasets, { settings, trainerOf });
    const trainer = trainerOf(settings);
    try {
      return await new Run(trainer, datasets).run();
    } finally {
      await trainer.release();
    }
  } finally {
    for (const skipped of new Set([dataset.skipped, settings.validation?.skipped].flat())) {
      if (skipped) note(`left out ${skipped.name}: ${skipped.reason}`);
    }
  }
}

/** The data sets ready for the model; the first batches of them where only those are wanted. */
function datasetsOf(
  dataset: Dataset,
  model: Model,
  { augment, seed, validation, overfitBatches, batchSize }: FitSettings,
): RunDatasets {
  const train = prepared(dataset, model, "The training data", { augment, seed });
  const measured = validation && prepared(validation, model, "The validation data");
  if (overfitBatches === 0) return { given: dataset, train, validation: measured };
  const count = overfitBatches * batchSize;
  return {
    given: dataset,
    train: firstExamples(train, count),
    validation: measured && firstExamples(measured, count),
  };
}
