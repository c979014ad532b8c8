import type { Dataset } from "../../tensor/dataset.ts";
import { epochLength } from "../epoch_order.ts";
import { checkedClasses } from "../evaluate_output.ts";
import type { FeatureBatch } from "../features/feature_table.ts";
import type { HostBatch } from "../loader.ts";
import { asMixed } from "../mix/mix_batch.ts";
import type { Program } from "../program.ts";
import { firstBatch, padded } from "../sample_batch.ts";
import type { Trainer } from "../trainer.ts";

/** What batch sizes are tried with. */
export interface Trials {
  /** The training data, ready for the model. */
  readonly train: Dataset;
  /** A trainer of its own, with its own copies of everything that changes, for a batch size. */
  trainerOf(batchSize: number): Trainer;
}

/**
 * Takes a step of `batchSize` examples on copies, which are then given up, and evaluates as many where
 * the run will; throws what the engine throws. `measure` is called while the memory is held.
 */
export async function tryStep(
  { train, trainerOf }: Trials,
  batchSize: number,
  measure: () => void = () => {},
): Promise<void> {
  const trainer = trainerOf(batchSize);
  const { model, settings } = trainer;
  try {
    const first = await firstBatch(train, 1, checkedClasses(model, settings.loss));
    const batch = padded(first, batchSize);
    const program = await step(trainer, asMixed(batch, trainer));
    // The last examples of an epoch have a program of their own where they cannot be filled up.
    const rest = epochLength(settings, train) % batchSize;
    if (program.specialised.batchNorms.size > 0 && rest > 0) {
      await step(trainer, asMixed(padded(first, rest), trainer));
    }
    if (settings.validation) {
      const plain = await trainer.program(batch);
      const { features, targets, weights } = await featured(plain, batch);
      await plain.evaluate(features, targets, weights, trainer.running(plain));
    }
    measure();
  } finally {
    await trainer.release();
  }
}

async function step(trainer: Trainer, batch: HostBatch): Promise<Program> {
  const program = await trainer.program(batch);
  const { learningRate } = trainer.settings.optimizer;
  await trainer.step(program, await featured(program, batch), learningRate);
  return program;
}

async function featured(
  program: Program,
  { inputs, targets, weights, count }: HostBatch,
): Promise<FeatureBatch> {
  return { features: await program.features(inputs), targets: targets!, weights, count };
}
