import type { Model } from "../../onnx/model.ts";
import { isOutOfMemory } from "../../runtime/out_of_memory.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { readCheckpoint } from "../checkpoint.ts";
import type { FitSettings } from "../fit_options.ts";
import { stderrProgress } from "../progress.ts";
import type { RunState } from "../run/run_state.ts";
import { outOfMemory } from "../run/run_to_end.ts";
import { autoBatchSize } from "./auto_batch_size.ts";
import type { Trials } from "./trial.ts";

/** What a batch size is looked for with. */
export interface SizeSource {
  readonly runtime: Runtime;
  readonly model: Model;
  readonly trials: Trials;
}

/**
 * The settings with the batch size that fits: the one that the checkpoint's run found, that of a
 * network made for one size only, or one found by trial.
 */
export async function withBatchSize(
  settings: FitSettings,
  { runtime, model, trials }: SizeSource,
): Promise<FitSettings> {
  const { note } = stderrProgress(settings.verbose, "");
  const kept = await keptSize(settings);
  if (kept !== undefined) {
    note(`batch size ${kept}, as the checkpoint has it`);
    return { ...settings, batchSize: kept };
  }
  const fixed = model.inputs[0]?.shape[0];
  if (typeof fixed === "number") return { ...settings, batchSize: fixed };
  const progress = stderrProgress(settings.verbose, "batch size");
  const { device } = runtime;
  const batchSize = await autoBatchSize(trials, {
    device,
    tries: (size, most) => progress.at(Math.log2(size), Math.log2(most), `tries ${size}`),
  }).catch((cause) => {
    if (!isOutOfMemory(cause)) throw cause;
    const { memory } = settings;
    const start = { model, history: { epochs: [] }, memory, steps: 0, isTried: true, cause };
    throw outOfMemory({ device, batchSize: 1, fits: undefined }, start);
  }).finally(progress.done);
  note(`batch size ${batchSize}: the largest power of two up to 512 and to the data that fits`);
  return { ...settings, batchSize };
}

/** The batch size of the run that a checkpoint is of. */
async function keptSize({ checkpoint, dryRun }: FitSettings): Promise<number | undefined> {
  if (checkpoint === undefined || dryRun) return undefined;
  const folder = typeof checkpoint === "string" ? checkpoint : checkpoint.folder;
  const state = (await readCheckpoint(folder))?.state as RunState | undefined;
  const size = state?.key?.batchSize;
  return typeof size === "number" ? size : undefined;
}
