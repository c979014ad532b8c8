import { stderrProgress } from "../progress.ts";
import type { RunData } from "../run/run_data.ts";
import type { Trainer } from "../trainer.ts";

/**
 * Takes the weights of an epoch (the first is 0) into a stochastic average. Batch statistics of the
 * training data under the averaged weights take the place of the average of those under each: the mean
 * over all batches, as `torch.optim.swa_utils.update_bn` takes it.
 */
export async function averageEpoch(trainer: Trainer, data: RunData, epoch: number): Promise<void> {
  const { average, settings: { epochs, verbose } } = trainer;
  if (!average?.afterEpoch(trainer.weights(), epoch + 1, epochs)) return;
  const progress = stderrProgress(verbose, "statistics");
  await trainer.withAverage(async () => {
    let seen = 0;
    let done = 0;
    for await (const batch of data.batches(epoch, 0)) {
      const program = await batch.program;
      if (program.specialised.batchNorms.size === 0) return;
      await trainer.observe(program, batch, seen++);
      progress.at(done += batch.count, data.lengthOf(epoch));
    }
    average.replace(trainer.statistics());
  });
  progress.done();
}
