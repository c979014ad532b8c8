import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { gridOf, sampleSpace, type Space, type ValuesOf } from "./space.ts";

/** What a trial came to: a line of the ledger. */
export interface TrialRecord {
  /** The trial; the first is 1. */
  readonly trial: number;
  /** Epochs it was trained in all, where the strategy gives them. */
  readonly epochs?: number;
  /** What it came to; NaN where it failed. */
  readonly score: number;
  /** Why it failed. */
  readonly failed?: string;
}

/** What is to be done next. */
export interface Job {
  /** The trial. */
  readonly trial: number;
  /** Epochs it is to be trained in all, those before included. */
  readonly epochs?: number;
}

/**
 * Which trials a search makes, and how long each. `next` depends on nothing but what was done, so that a
 * search goes on where it was cut off.
 */
export interface Strategy {
  /** Its name. */
  readonly name: string;
  /** What must be the same for a search to go on. */
  readonly settings: Readonly<Record<string, number>>;
  /** Epochs that the longest trial has, where the strategy gives them. */
  readonly maxEpochs?: number;
  /** How many trials there are. */
  count(space: Space): number;
  /** The values of a trial. */
  values<S extends Space>(space: S, trial: number, seed: number): ValuesOf<S>;
  /** What to do after `done`, whose better scores are `better`; `undefined` where all is done. */
  next(
    done: readonly TrialRecord[],
    count: number,
    better: (a: TrialRecord, b: TrialRecord) => number,
  ): Job | undefined;
}

/** Options of `grid`. */
export interface GridOptions {
  /** Values of each number that is not a choice. @default {3} */
  readonly points?: number;
}

/** Options of `random`. */
export interface RandomOptions {
  /** How many trials. @default {20} */
  readonly trials?: number;
}

/** Options of `asha`. */
export interface AshaOptions extends RandomOptions {
  /** One of so many trials goes on, with so many times the epochs. @default {3} */
  readonly reduction?: number;
  /** Epochs that every trial has. @default {1} */
  readonly minEpochs?: number;
  /** Epochs that the best have. @default {9} */
  readonly maxEpochs?: number;
}

const whole = z.number().int().positive();
const gridSchema: z.ZodType<GridOptions> = z.strictObject({
  points: whole.optional(),
}) as z.ZodType<
  GridOptions
>;
const randomSchema: z.ZodType<RandomOptions> = z.strictObject({
  trials: whole.optional(),
}) as z.ZodType<
  RandomOptions
>;
const ashaSchema: z.ZodType<AshaOptions> = z.strictObject({
  trials: whole.optional(),
  reduction: z.number().int().min(2).optional(),
  minEpochs: whole.optional(),
  maxEpochs: whole.optional(),
}) as z.ZodType<AshaOptions>;

/**
 * Every combination of the values of a space.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { choice, grid, uniform } from "@graft/graft";
 *
 * const space = { batchSize: choice([16, 32]), dropout: uniform(0, 0.5) };
 * assertEquals(grid({ points: 4 }).count(space), 8);
 * ```
 */
export function grid(options: GridOptions = {}): Strategy {
  const { points = 3 } = checkOptions("grid", gridSchema, options);
  return {
    name: "grid",
    settings: { points },
    count: (space) => gridOf(space, points).length,
    values: (space, trial) => gridOf(space, points)[trial - 1]!,
    next: nextNew,
  };
}

/**
 * Values drawn at random, which covers the numbers that matter better than a grid does (Bergstra and
 * Bengio, 2012). A finished search goes on where `trials` is raised.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logUniform, random } from "@graft/graft";
 *
 * assertEquals(random({ trials: 7 }).count({ learningRate: logUniform(1e-4, 1e-1) }), 7);
 * ```
 */
export function random(options: RandomOptions = {}): Strategy {
  const { trials = 20 } = checkOptions("random", randomSchema, options);
  return {
    name: "random",
    settings: {},
    count: () => trials,
    values: (space, trial, seed) => sampleSpace(space, seed, trial),
    next: nextNew,
  };
}

/**
 * Successive halving: many trials of few epochs, of which the best `1/reduction` go on, from where
 * they are, with `reduction` times the epochs, and so on up to `maxEpochs` (Li et al., "A System for
 * Massively Parallel Hyperparameter Tuning", arXiv 1810.05934). A trial goes on as soon as it is among
 * the best so far.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { asha } from "@graft/graft";
 *
 * const strategy = asha({ trials: 9, reduction: 3, minEpochs: 1, maxEpochs: 9 });
 * const best = (a: { score: number }, b: { score: number }) => b.score - a.score;
 * const done = [1, 2, 3].map((trial) => ({ trial, epochs: 1, score: trial }));
 * assertEquals(strategy.next(done, 9, best), { trial: 3, epochs: 3 });
 * ```
 */
export function asha(options: AshaOptions = {}): Strategy {
  const { trials = 20, reduction = 3, minEpochs = 1, maxEpochs = 9 } = checkOptions(
    "asha",
    ashaSchema,
    options,
  );
  if (minEpochs > maxEpochs) {
    throw new RangeError(`asha(): "minEpochs" ${minEpochs} exceeds "maxEpochs" ${maxEpochs}`);
  }
  const rungs = [minEpochs];
  while (rungs.at(-1)! < maxEpochs) rungs.push(Math.min(maxEpochs, rungs.at(-1)! * reduction));
  return {
    name: "asha",
    settings: { reduction, minEpochs, maxEpochs },
    maxEpochs,
    count: () => trials,
    values: (space, trial, seed) => sampleSpace(space, seed, trial),
    next: (done, count, better) => {
      for (let rung = rungs.length - 2; rung >= 0; rung--) {
        const [here, above] = [rung, rung + 1].map((at) =>
          done.filter(({ epochs }) => epochs === rungs[at])
        ) as [TrialRecord[], TrialRecord[]];
        const best = here.filter(({ score }) => !Number.isNaN(score)).sort(better)
          .slice(0, Math.floor(here.length / reduction));
        const next = best.find(({ trial }) => !above.some((one) => one.trial === trial));
        if (next) return { trial: next.trial, epochs: rungs[rung + 1]! };
      }
      const job = nextNew(done, count);
      return job && { ...job, epochs: minEpochs };
    },
  };
}

/** The first trial that was not made. */
function nextNew(done: readonly TrialRecord[], count: number): Job | undefined {
  const made = new Set(done.map(({ trial }) => trial));
  for (let trial = 1; trial <= count; trial++) if (!made.has(trial)) return { trial };
  return undefined;
}
