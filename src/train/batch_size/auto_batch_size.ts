import { isOutOfMemory } from "../../runtime/out_of_memory.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { Growth } from "./growth.ts";
import { type Trials, tryStep } from "./trial.ts";

/** The most examples that a step is tried with: larger ones take no less time an example. */
const MOST_EXAMPLES = 512;

/** What the search for a batch size goes by, beside the trials. */
export interface Search {
  readonly device: Runtime["device"];
  /** Told of every size before it is tried, and the largest that may be. */
  readonly tries?: (size: number, most: number) => void;
  /** Bytes of the host's memory that a run may take. @default {a share of what is free} */
  readonly budgetBytes?: number;
}

/**
 * The largest power of two, up to 512 and to the number of examples, whose training step fits: by steps
 * on copies, each twice as large as the one before, until one fails. On the CPU no step is taken that
 * would not fit: how the memory of the process grows with small steps tells what a larger one takes.
 * Throws what the engine throws where not even one example fits.
 */
export async function autoBatchSize(trials: Trials, search: Search): Promise<number> {
  const { device, tries, budgetBytes } = search;
  const most = largestPower(Math.min(MOST_EXAMPLES, trials.train.length));
  const growth = device === "cpu" ? await Growth.now(budgetBytes) : undefined;
  // Some losses compare the examples of a batch, so that one alone is the last to be tried.
  for (let size = Math.min(2, most);; size *= 2) {
    tries?.(size, most);
    if (!await fits(trials, size, () => growth?.measure(size))) {
      return await lastThatWorked(trials, size);
    }
    const largest = 2 * size > most ? size : growth?.largest();
    if (largest !== undefined) return Math.min(most, largestPower(largest));
  }
}

/** Sizes from the next power of two on down to 1, the first whose step fits; `undefined` where none does. */
export async function largestBelow(trials: Trials, size: number): Promise<number | undefined> {
  for (let smaller = size; smaller > 1;) {
    smaller = largestPower(smaller - 1);
    if (await fits(trials, smaller)) return smaller;
  }
  return undefined;
}

async function lastThatWorked(trials: Trials, failed: number): Promise<number> {
  if (failed > 2) return failed / 2;
  await tryStep(trials, 1);
  return 1;
}

async function fits(trials: Trials, size: number, measure?: () => void): Promise<boolean> {
  try {
    await tryStep(trials, size, measure);
    return true;
  } catch (error) {
    if (isOutOfMemory(error)) return false;
    throw error;
  }
}

/** The largest power of two up to a number from 1 on. */
function largestPower(number: number): number {
  return 2 ** Math.floor(Math.log2(number));
}
