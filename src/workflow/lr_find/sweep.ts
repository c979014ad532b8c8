import type { Model } from "../../onnx/model.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { epochOrder } from "../../train/epoch_order.ts";
import { checkedClasses } from "../../train/evaluate_output.ts";
import type { FitSettings } from "../../train/fit_options.ts";
import { batches, type HostBatch } from "../../train/loader.ts";
import { mixBatch } from "../../train/mix/mix_batch.ts";
import { checkClasses, prepared } from "../../train/prepare.ts";
import { stderrProgress } from "../../train/progress.ts";
import { Trainer } from "../../train/trainer.ts";

/** What a sweep needs beside the model and the data. */
export interface SweepOptions {
  /** The settings of the training. */
  readonly settings: FitSettings;
  /** The learning rate of each step. */
  readonly learningRates: readonly number[];
  /** Told the loss of each step; `false` ends the sweep. */
  readonly follow: (loss: number) => boolean;
}

/** Trains a copy of a model with a learning rate for each step, and throws it away. */
export async function sweep(
  model: Model,
  dataset: Dataset,
  { settings, learningRates, follow }: SweepOptions,
): Promise<void> {
  checkClasses(dataset, model, "The training data");
  const { augment, seed, device, verbose } = settings;
  const train = prepared(dataset, model, "The training data", { augment, seed });
  const progress = stderrProgress(verbose, "learning rates");
  const trainer = new Trainer(
    await runtimeFor(device, progress.note, settings.deviceOptions),
    model,
    settings,
  );
  const classCount = checkedClasses(model, settings.loss);
  try {
    let step = 0;
    for await (const batch of endless(train, trainer, classCount)) {
      const program = await trainer.program(batch);
      const features = await program.features(batch.inputs);
      const learningRate = learningRates[step]!;
      const { loss, broken } = await trainer.step(
        program,
        { ...batch, features, targets: batch.targets! },
        learningRate,
      );
      progress.at(++step, learningRates.length, `loss ${loss.toFixed(4)}`);
      if (broken !== undefined || !follow(loss) || step === learningRates.length) break;
    }
  } finally {
    progress.done();
    await trainer.release();
  }
}

/** Whole batches, over and over; one of all examples where these are fewer. */
async function* endless(
  dataset: Dataset,
  trainer: Trainer,
  classCount: number | undefined,
): AsyncGenerator<HostBatch> {
  const { batchSize } = trainer.settings;
  for (let epoch = 0;; epoch++) {
    const order = epochOrder(trainer.settings, dataset, epoch);
    let given = 0;
    for await (
      const batch of batches(dataset, { ...order, batchSize, epoch, classCount, pad: false })
    ) {
      if (batch.count < batchSize && given > 0) continue;
      if (batch.weights.data.every((weight) => weight === 0)) continue;
      given++;
      yield mixBatch(batch, trainer, { epoch, next: given * batchSize });
    }
    if (given === 0) {
      throw new RangeError("None of the training examples could be read, or all have weight 0");
    }
  }
}
