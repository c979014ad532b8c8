import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { rng } from "../../../src/tensor/rng.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { searchTable, trialPoints } from "../../../src/workflow/search/report.ts";
import { search, type SearchResult, type Trial } from "../../../src/workflow/search/search.ts";
import {
  choice,
  integer,
  logUniform,
  type Space,
  uniform,
} from "../../../src/workflow/search/space.ts";
import { asha, grid, random, type TrialRecord } from "../../../src/workflow/search/strategy.ts";

const quiet = { verbose: false } as const;

Deno.test("values of a space lie where they should", () => {
  const draws = <T>(one: { sample(random: ReturnType<typeof rng>): T }) =>
    Array.from({ length: 2000 }, (_, i) => one.sample(rng("draw", i)));
  const share = (some: readonly number[], below: number) =>
    some.filter((one) => one < below).length / some.length;
  const flat = draws(uniform(-1, 3));
  assert(flat.every((one) => one >= -1 && one < 3));
  assertAlmostEquals(share(flat, 0), 0.25, 0.04);
  const log = draws(logUniform(1e-5, 1e-1));
  assert(log.every((one) => one >= 1e-5 && one < 1e-1));
  assertAlmostEquals(share(log, 1e-3), 0.5, 0.04);
  assertEquals([...new Set(draws(integer(2, 4)))].sort(), [2, 3, 4]);
  assertEquals([...new Set(draws(choice(["a", "b"])))].sort(), ["a", "b"]);
});

Deno.test("spaces that mean nothing are refused", () => {
  assertThrows(() => uniform(1, 1), RangeError, "the lower first");
  assertThrows(() => logUniform(0, 1), RangeError, "above 0");
  assertThrows(() => integer(0.5, 2), RangeError, "whole numbers");
  assertThrows(() => choice([]), RangeError, "one value at least");
  assertThrows(() => asha({ minEpochs: 9, maxEpochs: 3 }), RangeError, '"minEpochs" 9');
  assertThrows(() => random({ trials: 0 }), RangeError, '"trials"');
});

Deno.test("a trial's values depend on the seed, the trial and the name alone", () => {
  const strategy = random();
  const small = { a: uniform(0, 1) };
  const large = { b: integer(0, 9), a: uniform(0, 1) };
  assertEquals(strategy.values(large, 3, 7).a, strategy.values(small, 3, 7).a);
  assert(strategy.values(small, 3, 7).a !== strategy.values(small, 4, 7).a);
  assert(strategy.values(small, 3, 7).a !== strategy.values(small, 3, 8).a);
});

Deno.test("grid() makes every combination once", async () => {
  const space = { a: choice(["x", "y"]), b: uniform(0, 1), c: integer(1, 2) };
  const seen: unknown[] = [];
  const { complete } = await search(space, grid({ points: 3 }), ({ parameters: { a, b, c } }) => {
    seen.push([a, b, c].join());
    return 0;
  }, quiet);
  assert(complete);
  assertEquals(seen.length, 12);
  assertEquals(new Set(seen).size, 12);
  assertEquals(seen.slice(0, 3), ["x,0,1", "x,0,2", "x,0.5,1"]);
});

Deno.test("asha() lets one of three go on as soon as it is among the best, to the last rung", async () => {
  const scores = [3, 9, 5, 8, 1, 2, 7, 6, 4];
  const jobs: string[] = [];
  const strategy = asha({ trials: 9, reduction: 3, minEpochs: 1, maxEpochs: 8 });
  const run = ({ trial, epochs }: Trial) => {
    jobs.push(`${trial}:${epochs}`);
    return scores[trial - 1]! + epochs! / 100;
  };
  const { best, records, complete } = await search({ x: uniform(0, 1) }, strategy, run, quiet);
  assertEquals(
    jobs,
    ["1:1", "2:1", "3:1", "2:3", "4:1", "5:1", "6:1", "4:3", "7:1", "8:1", "9:1", "7:3", "2:8"],
  );
  assert(complete);
  assertEquals([best!.trial, best!.epochs, records.length], [2, 8, 13]);
  // The same by a score that is to be small.
  const lowest = await search({ x: uniform(0, 1) }, strategy, ({ trial }) => scores[trial - 1]!, {
    ...quiet,
    mode: "min",
  });
  assertEquals([lowest.best!.trial, lowest.best!.epochs], [5, 8]);
});

Deno.test("asha() never lets a failed trial go on", () => {
  const strategy = asha({ trials: 3, minEpochs: 1, maxEpochs: 3 });
  const better = (a: TrialRecord, b: TrialRecord) => b.score - a.score;
  const done = [1, 2, 3].map((trial) => ({ trial, epochs: 1, score: NaN }));
  assertEquals(strategy.next(done, 3, better), undefined);
});

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const space = { x: uniform(-1, 1), kind: choice([sgd, adamW]), log: logUniform(0.01, 1) };
const score = ({ parameters: { x, log } }: Trial<typeof space>) => x - log;
const withoutTime = <S extends Space>({ records, best }: SearchResult<S>) =>
  JSON.stringify([records, best], (name, value) => name === "seconds" ? 0 : value);

Deno.test("a search that is cut off anywhere goes on to the same result, and repeats no trial", async () => {
  const strategy = asha({ trials: 6, reduction: 2, minEpochs: 1, maxEpochs: 4 });
  const whole = await search(space, strategy, score, quiet);
  for (let cut = 0; cut < whole.records.length; cut++) {
    await withFolder(async (folder) => {
      let made = 0;
      const failing = (trial: Trial<typeof space>) => {
        if (made++ === cut) throw new Error("cut off");
        return score(trial);
      };
      await assertRejects(
        () => search(space, strategy, failing, { ...quiet, folder }),
        Error,
        "cut off",
      );
      const file = join(folder, "search.jsonl");
      // A line that was being written.
      if (cut % 2 === 1) await Deno.writeTextFile(file, '{"trial":', { append: true });
      let again = 0;
      const found = await search(space, strategy, (trial) => (again++, score(trial)), {
        ...quiet,
        folder,
      });
      assertEquals(again, whole.records.length - cut);
      assertEquals(withoutTime(found), withoutTime(whole));
      const text = await Deno.readTextFile(file);
      assertEquals(text.trimEnd().split("\n").length, 1 + whole.records.length);
    });
  }
});

Deno.test("a finished random search goes on where more trials are wanted", async () => {
  await withFolder(async (folder) => {
    await search(space, random({ trials: 2 }), score, { ...quiet, folder });
    const made: number[] = [];
    const note = (trial: Trial<typeof space>) => (made.push(trial.trial), score(trial));
    await search(space, random({ trials: 4 }), note, { ...quiet, folder });
    assertEquals(made, [3, 4]);
  });
});

Deno.test("the ledger of another search and a damaged one are refused", async () => {
  await withFolder(async (folder) => {
    const options = { ...quiet, folder };
    await search(space, random({ trials: 1 }), score, options);
    const run = (changed: object, other = {}) =>
      search({ ...space, ...changed } as typeof space, random({ trials: 2 }), score, {
        ...options,
        ...other,
      });
    await assertRejects(() => run({ x: uniform(-2, 1) }), RangeError, '"space" was');
    await assertRejects(() => run({}, { seed: 1 }), RangeError, '"seed" was 0, is now 1');
    await assertRejects(() => search(space, grid(), score, options), RangeError, '"strategy"');
    await Deno.writeTextFile(join(folder, "search.jsonl"), "no JSON\n");
    await assertRejects(() => run({}), SyntaxError, "line 1");
  });
});

Deno.test("a trial that scores NaN has failed; other errors and a signal end the search", async () => {
  const { best, trials } = await search(
    space,
    random({ trials: 3 }),
    ({ trial }) => trial === 2 ? NaN : trial,
    quiet,
  );
  assertEquals(best!.trial, 3);
  assertEquals(trials.map(({ trial }) => trial), [3, 1, 2]);
  assert(trials[2]!.failed !== undefined);
  await assertRejects(
    () => search(space, random(), () => "good" as unknown as number, quiet),
    TypeError,
    "a number",
  );
  const controller = new AbortController();
  const stopped = await search(space, random(), ({ trial }) => {
    if (trial === 3) controller.abort();
    return trial;
  }, { ...quiet, signal: controller.signal });
  assertEquals([stopped.records.length, stopped.complete], [2, false]);
});

Deno.test("searchTable() shows every trial, trialPoints() those that succeeded", async () => {
  const run = (trial: Trial<typeof space>) => trial.trial === 2 ? NaN : score(trial);
  const found = await search(space, random({ trials: 3 }), run, quiet);
  const lines = searchTable(found).split("\n");
  assertEquals(lines[0]!.trim().split(/\s+/), ["trial", "score", "x", "kind", "log", "seconds"]);
  assertEquals(lines.length, 4);
  assert(lines[3]!.includes("failed") && /sgd|adamW/.test(lines[1]!));
  const points = trialPoints(found);
  assertEquals(
    points.map(({ value }) => value),
    found.trials.slice(0, 2).map(({ score }) => score),
  );
  assertEquals(points[0]!.settings.x, found.best!.values.x);
});
