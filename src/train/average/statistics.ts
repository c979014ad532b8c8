import type { FeatureBatch } from "../features/feature_table.ts";
import type { Program } from "../program.ts";
import type { Progress } from "../progress.ts";
import type { Trainer } from "../trainer.ts";

/**
 * Batch statistics of the training data under the averaged weights take the place of the average of
 * those under each: the mean over all batches, as `torch.optim.swa_utils.update_bn` takes it.
 */
export async function averagedStatistics(
  trainer: Trainer,
  batches: AsyncIterable<FeatureBatch & { readonly program: Promise<Program> }>,
  { progress, total }: { readonly progress: Progress; readonly total: number },
): Promise<void> {
  await trainer.withAverage(async () => {
    let seen = 0;
    let done = 0;
    for await (const batch of batches) {
      const program = await batch.program;
      if (program.specialised.batchNorms.size === 0) return;
      await trainer.observe(program, batch, seen++);
      progress.at(done += batch.count, total);
    }
    trainer.average!.replace(trainer.statistics());
  });
  progress.done();
}
