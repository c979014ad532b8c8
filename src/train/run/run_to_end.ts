import { isOutOfMemory } from "../../runtime/out_of_memory.ts";
import { largestBelow } from "../batch_size/auto_batch_size.ts";
import type { Trials } from "../batch_size/trial.ts";
import type { FitSettings } from "../fit_options.ts";
import type { FitResult } from "../history.ts";
import { type MemoryShortage, OutOfMemoryError } from "../out_of_memory_error.ts";
import { Run, type RunDatasets } from "../run.ts";
import type { Trainer } from "../trainer.ts";

/**
 * Does a run and frees its trainer. Throws `OutOfMemoryError` where a step does not fit into memory:
 * what was trained until then is brought home, and smaller batches are tried in its place.
 */
export async function runToEnd(
  trainer: Trainer,
  datasets: RunDatasets,
  trainerOf: Trials["trainerOf"],
): Promise<FitResult> {
  const run = new Run(trainer, datasets);
  let shortage: unknown;
  try {
    return await run.run();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    shortage = error;
    // The device may be lost with the memory; what came home last is at home still.
    await trainer.settle().catch(() => {});
  } finally {
    await trainer.release();
  }
  const { runtime: { device }, settings: { batchSize, memory }, steps } = trainer;
  const trials = { train: datasets.train, trainerOf };
  // A device that is lost takes no more steps, whatever their size.
  const found = await largestBelow(trials, batchSize).then((fits) => ({ fits }), () => undefined);
  const known = { ...run.soFar, memory, steps, isTried: found !== undefined, cause: shortage };
  throw outOfMemory({ device, batchSize, fits: found?.fits }, known);
}

/** What is known of a run when memory runs out. */
export interface ShortOf extends Pick<FitResult, "model" | "history"> {
  readonly memory: FitSettings["memory"];
  /** Steps taken. */
  readonly steps: number;
  /** Whether smaller steps were tried. */
  readonly isTried: boolean;
  /** What the engine said. */
  readonly cause: unknown;
}

/** The error for a step that does not fit. */
export function outOfMemory(
  where: MemoryShortage,
  { model, history, memory, steps, isTried, cause }: ShortOf,
): OutOfMemoryError {
  const { device, batchSize, fits } = where;
  const reason = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n")[0];
  const low = memory === "low" ? "" : ', or memory: "low", which keeps less of each step';
  const advice = !isTried
    ? `Give a smaller batch size${low}`
    : fits === undefined
    ? `Not even one example fits: give smaller inputs, train less of it (freeze)${low}`
    : `A step of ${fits} fits: give batchSize: ${fits}, with accumulate: ` +
      `${Math.ceil(batchSize / fits)} for gradients of as many examples${low}`;
  const text =
    `Memory ran out on ${NAMES[device]} in a training step of "${model.name}", batch size ` +
    `${batchSize} (${reason}). ${advice}. The error's "model" has the weights of ` +
    (steps === 0 ? "the start" : `step ${steps}`);
  return new OutOfMemoryError(text, model, history, where, { cause });
}

const NAMES = { cpu: "the CPU", cuda: "CUDA", webgpu: "WebGPU" } as const;
