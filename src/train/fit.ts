import { lossOf } from "../artifacts/losses/by_name.ts";
import type { Model } from "../onnx/model.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { withBatchSize } from "./batch_size/with_batch_size.ts";
import type { FitOptions, FitSettings } from "./fit_options.ts";
import type { FitResult } from "./history.ts";
import { checkClasses, prepared } from "./prepare.ts";
import { stderrProgress } from "./progress.ts";
import type { RunDatasets } from "./run.ts";
import { dryRun } from "./run/dry_run.ts";
import { firstExamples } from "./run/first_examples.ts";
import { runToEnd } from "./run/run_to_end.ts";
import { settingsFor } from "./settings_for.ts";
import { Trainer } from "./trainer.ts";

export { type Divergence, DivergenceError, type DivergenceKind } from "./divergence_error.ts";
export type { FitOptions } from "./fit_options.ts";
export { type MemoryShortage, OutOfMemoryError } from "./out_of_memory_error.ts";
export type { EpochRecord, FitResult, History } from "./history.ts";

/**
 * Trains a model's trainable parameters on a data set, and gives a new model with a history. What lies
 * before the first trainable parameter is computed once where its inputs do not change.
 *
 * Equal seeds give equal results. With `checkpoint`, a run that was cut off goes on from its last
 * checkpoint as if nothing had been: the result has the same bytes. Throws `DivergenceError`, which
 * names the batch and the layer and has the last good model, where the loss or a weight becomes NaN or
 * infinite, and `OutOfMemoryError`, which names a batch size that fits, where memory runs out.
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
  const checked = await settingsFor(model, dataset, options);
  checkClasses(dataset, model, "The training data");
  if (checked.validation) checkClasses(checked.validation, model, "The validation data");
  const labels = lossOf(checked.loss).targets === "classes"
    ? dataset.classes ?? model.classes
    : model.classes;
  const named = { ...model, classes: model.classes ?? labels };
  const { train } = datasetsOf(dataset, model, { ...checked, overfitBatches: 0 });
  const note = (line: string) => stderrProgress(checked.verbose, "").note(line);
  const runtime = await runtimeFor(checked.device, note, checked.deviceOptions);
  if (runtime.device === "cpu" && checked.augmentOn === "device") {
    note(
      'augmentOn: "device" is for a card: on the CPU, changes are quicker while pictures are decoded',
    );
  }
  const trainerOf = (settings: FitSettings) => new Trainer(runtime, named, settings, note);
  const trial = (batchSize: number) => new Trainer(runtime, named, { ...checked, batchSize });
  const isAuto = options.batchSize === "auto";
  try {
    const settings = isAuto
      ? await withBatchSize(checked, {
        runtime,
        model: named,
        trials: { train, trainerOf: trial },
      })
      : checked;
    const datasets = datasetsOf(dataset, model, settings);
    const result = settings.dryRun
      ? await dryRun(named, datasets, { settings, trainerOf })
      : await runToEnd(trainerOf(settings), datasets, trial);
    return { ...result, ...(isAuto && { batchSize: settings.batchSize }) };
  } finally {
    for (const skipped of new Set([dataset.skipped, checked.validation?.skipped].flat())) {
      if (skipped) note(`left out ${skipped.name}: ${skipped.reason}`);
    }
  }
}

/** The data sets ready for the model; the first batches of them where only those are wanted. */
function datasetsOf(
  dataset: Dataset,
  model: Model,
  { augment, augmentOn, seed, validation, overfitBatches, batchSize }: FitSettings,
): RunDatasets {
  const inGraph = augmentOn === "device";
  const train = prepared(dataset, model, "The training data", { augment, seed, inGraph });
  const measured = validation && prepared(validation, model, "The validation data");
  if (overfitBatches === 0) return { given: dataset, train, validation: measured };
  const count = overfitBatches * batchSize;
  return {
    given: dataset,
    train: firstExamples(train, count),
    validation: measured && firstExamples(measured, count),
  };
}
