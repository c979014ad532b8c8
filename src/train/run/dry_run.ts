import { dirname, join, resolve } from "@std/path";
import type { Model } from "../../onnx/model.ts";
import { exists } from "../checkpoint_files.ts";
import type { FitSettings } from "../fit_options.ts";
import type { FitResult } from "../history.ts";
import { stderrProgress } from "../progress.ts";
import type { RunDatasets } from "../run.ts";
import type { Trainer } from "../trainer.ts";
import { firstExamples } from "./first_examples.ts";
import { runToEnd } from "./run_to_end.ts";

/** Whole batches of each data set that are tried. */
const BATCHES = 2;

/** How a dry run goes. */
export interface DryRunOptions {
  readonly settings: FitSettings;
  /** A trainer of the model, made anew. */
  readonly trainerOf: (settings: FitSettings) => Trainer;
}

/**
 * Tries everything that a run does, on a few batches: steps on whole batches and on one of the size of
 * the last, validation, and a checkpoint, written and read again in a temporary folder. Gives the
 * model that it was given.
 */
export async function dryRun(
  model: Model,
  datasets: RunDatasets,
  { settings, trainerOf }: DryRunOptions,
): Promise<FitResult> {
  const { checkpoint, batchSize, verbose } = settings;
  const few = (dataset: RunDatasets["train"]) =>
    firstExamples(
      dataset,
      BATCHES * batchSize + (dataset.sequential ? 0 : dataset.length % batchSize),
    );
  const { get, length } = datasets.given;
  const tried = {
    given: { get, length },
    train: few(datasets.train),
    validation: datasets.validation && few(datasets.validation),
  };
  const folder = await Deno.makeTempDir({ prefix: "graft_dry_run_" });
  const { cacheFolder: _, stepsPerEpoch: __, sampler, ...rest } = settings;
  const trial = {
    ...rest,
    // A sampler of one's own may know how many examples there are.
    ...(sampler === "balanced" && { sampler }),
    epochs: 1,
    callbacks: [],
    checkpoint: join(folder, "run"),
  };
  try {
    if (checkpoint !== undefined) {
      await checkFolder(typeof checkpoint === "string" ? checkpoint : checkpoint.folder);
    }
    const trainer = (batchSize: number) => trainerOf({ ...trial, batchSize, verbose: false });
    const { history, stopped } = await runToEnd(trainerOf(trial), tried, trainer);
    if (stopped === undefined) await runToEnd(trainer(batchSize), tried, trainer);
    stderrProgress(verbose, "").note(
      `dry run: ${tried.train.length} examples trained on, ${tried.validation?.length ?? 0} ` +
        "measured on, a checkpoint written and read; nothing was kept",
    );
    return { model, history, dryRun: true, ...(stopped !== undefined && { stopped }) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Throws an error that names the folder where no checkpoint can be written into it. */
async function checkFolder(folder: string): Promise<void> {
  try {
    const made: string[] = [];
    for (let at = resolve(folder); !await exists(at); at = dirname(at)) made.push(at);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
    for (const one of made) await Deno.remove(one);
  } catch (error) {
    throw new Error(
      `fit(): no checkpoint can be written into "${folder}": ${(error as Error).message}`,
      { cause: error },
    );
  }
}
