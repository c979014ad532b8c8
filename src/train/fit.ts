import type { Model } from "../onnx/model.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { type FitOptions, type FitResult, fitSettings } from "./fit_options.ts";
import { checkClasses, prepared } from "./prepare.ts";
import { stderrProgress } from "./progress.ts";
import { Run } from "./run.ts";
import { Trainer } from "./trainer.ts";

export type { EpochRecord, FitOptions, FitResult, History } from "./fit_options.ts";
export { DivergenceError } from "./fit_options.ts";

/**
 * Trains a model's trainable parameters on a data set, and gives a new model with a history. What lies
 * before the first trainable parameter is computed once where its inputs do not change.
 *
 * Equal seeds give equal results. With `checkpoint`, a run that was cut off goes on exactly where its
 * last epoch ended. Throws `DivergenceError`, with the last good model, where the loss or a gradient
 * becomes NaN.
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
  const settings = fitSettings(options);
  checkClasses(dataset, model, "The training data");
  if (settings.validation) checkClasses(settings.validation, model, "The validation data");
  const labels = settings.loss === "crossEntropy"
    ? dataset.classes ?? model.classes
    : model.classes;
  const named = { ...model, classes: model.classes ?? labels };
  const { augment, seed } = settings;
  const train = prepared(dataset, model, "The training data", { augment, seed });
  const validation = settings.validation &&
    prepared(settings.validation, model, "The validation data");
  const note = (line: string) => stderrProgress(settings.verbose, "").note(line);
  const runtime = await runtimeFor(settings.device, note);
  const trainer = new Trainer(runtime, named, settings);
  try {
    return await new Run(trainer, settings, train, validation).run();
  } finally {
    await trainer.release();
    for (const skipped of new Set([dataset.skipped, settings.validation?.skipped].flat())) {
      if (skipped) note(`left out ${skipped.name}: ${skipped.reason}`);
    }
  }
}
