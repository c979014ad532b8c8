import { stderrProgress } from "../progress.ts";
import { Tally } from "../tally.ts";
import type { Trainer } from "../trainer.ts";
import type { RunData } from "./run_data.ts";

/** How the model does on the validation data of a run; `undefined` where the signal ended it. */
export async function validate(
  data: RunData,
  trainer: Trainer,
): Promise<{ readonly loss: number; readonly accuracy: number } | undefined> {
  const { loss, verbose, signal } = trainer.settings;
  const progress = stderrProgress(verbose, "validation");
  const tally = new Tally(loss);
  for await (const { features, targets, weights, count, program } of data.validationBatches()) {
    if (signal?.aborted) break;
    const running = trainer.running(program);
    const result = await program.evaluate(features, targets, weights, running);
    tally.add(
      Object.values(result.outputs)[0]!,
      targets,
      weights,
      count,
      result.loss,
      result.terms,
    );
    progress.at(tally.examples, data.validationLength);
  }
  progress.done();
  return signal?.aborted ? undefined : { loss: tally.meanLoss, accuracy: tally.accuracy };
}
