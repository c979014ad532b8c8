import { z } from "zod";
import { checkOptions, show } from "../../tensor/options.ts";
import { DivergenceError } from "../../train/fit.ts";
import { stderrProgress } from "../../train/progress.ts";
import { Ledger, type LedgerRecord, type SearchKey } from "./ledger.ts";
import type { SearchOptions, SearchResult, Trial, TrialOutcome } from "./search_types.ts";
import { labelsOf, type Space } from "./space.ts";
import type { Job, Strategy, TrialRecord } from "./strategy.ts";
import { jobText, labelsText, resultText } from "./texts.ts";

export type {
  FinishedTrial,
  SearchOptions,
  SearchResult,
  Trial,
  TrialOutcome,
} from "./search_types.ts";

const schema: z.ZodType<SearchOptions> = z.strictObject({
  mode: z.enum(["max", "min"]).optional(),
  seed: z.number().int().optional(),
  folder: z.string().min(1).optional(),
  about: z.record(z.string(), z.unknown()).optional(),
  onTrial: z.custom<NonNullable<SearchOptions["onTrial"]>>((value) => typeof value === "function")
    .describe("a function").optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal)
    .describe("an AbortSignal").optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<SearchOptions>;

/**
 * Looks for the values of a space with the best score: `run` makes a trial and says its score. Values
 * are drawn by the seed; with `folder`, a search that was cut off goes on without repeating a finished
 * trial, and comes to the same result. A trial that diverges (`DivergenceError`) or scores NaN has
 * failed, the search goes on; any other error ends it.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { random, search, uniform } from "@graft/graft";
 *
 * const { best } = await search(
 *   { x: uniform(-1, 1) },
 *   random({ trials: 30 }),
 *   ({ parameters: { x } }) => -(x * x),
 *   { verbose: false },
 * );
 * assert(Math.abs(best!.values.x) < 0.1);
 * ```
 */
export async function search<S extends Space>(
  space: S,
  strategy: Strategy,
  run: (trial: Trial<S>) => TrialOutcome | Promise<TrialOutcome>,
  options: SearchOptions = {},
): Promise<SearchResult<S>> {
  const { mode = "max", seed = 0, folder, about, onTrial, signal, verbose = true } = checkOptions(
    "search",
    schema,
    options,
  );
  const names = Object.keys(space);
  if (names.length === 0) throw new RangeError("search(): the space is empty");
  const ledger = await Ledger.open(
    folder,
    keyOf(space, strategy, { mode, seed, ...about && { about } }),
  );
  const { note } = stderrProgress(verbose, "");
  const count = strategy.count(space);
  const better = betterBy(mode);
  if (ledger.records.length > 0) note(`${folder}: goes on after ${ledger.records.length} trials`);
  let job: Job | undefined;
  while (!signal?.aborted && (job = strategy.next(ledger.records, count, better))) {
    const parameters = strategy.values(space, job.trial, seed);
    const labels = labelsOf(space, parameters);
    note(`trial ${jobText(job, count)}  ${labelsText(labels)}`);
    const start = performance.now();
    const { trial, epochs } = job;
    const outcome = await outcomeOf(() => run({ trial, parameters, epochs, signal }));
    if (signal?.aborted) break;
    const seconds = (performance.now() - start) / 1000;
    const { details } = outcome;
    await ledger.add({
      ...job,
      parameters: labels,
      ...outcome,
      seconds,
      ...details && { details },
    });
    const record = ledger.records.at(-1)!;
    const best = lastOf(ledger.records).sort(better)[0]!;
    note(resultText(record, best));
    await onTrial?.(record, best);
  }
  const trials = lastOf(ledger.records).sort(better).map((record) => ({
    ...record,
    values: strategy.values(space, record.trial, seed),
  }));
  return {
    trials,
    best: trials.find(({ score }) => !Number.isNaN(score)),
    records: ledger.records,
    space,
    complete: strategy.next(ledger.records, count, better) === undefined,
  };
}

/** The order of records by score, failed ones last, earlier trials first. */
function betterBy(mode: "max" | "min"): (a: TrialRecord, b: TrialRecord) => number {
  const worth = ({ score }: TrialRecord) =>
    Number.isNaN(score) ? -Infinity : mode === "max" ? score : -score;
  return (a, b) => {
    const [left, right] = [worth(a), worth(b)];
    return left === right ? a.trial - b.trial : right > left ? 1 : -1;
  };
}

/** The last record of each trial. */
function lastOf(records: readonly LedgerRecord[]): LedgerRecord[] {
  return [...new Map(records.map((record) => [record.trial, record])).values()];
}

function keyOf(
  space: Space,
  { name, settings }: Strategy,
  rest: SearchKey,
): SearchKey {
  const texts = Object.fromEntries(Object.entries(space).map(([name, { text }]) => [name, text]));
  return { space: texts, strategy: name, settings, ...rest };
}

async function outcomeOf(
  run: () => TrialOutcome | Promise<TrialOutcome>,
): Promise<{ score: number; failed?: string; details?: Readonly<Record<string, unknown>> }> {
  try {
    const found = await run();
    const { score, details } = typeof found === "number"
      ? { score: found, details: undefined }
      : found ?? {};
    if (typeof score !== "number") {
      throw new TypeError(
        `search(): a trial must give a number or { score }, found ${show(found)}`,
      );
    }
    const failed = Number.isNaN(score) ? { failed: "the score is not a number" } : {};
    return { score, ...failed, ...details && { details } };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    return { score: NaN, failed: error.message };
  }
}
