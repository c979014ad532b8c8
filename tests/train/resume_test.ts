import { assert, assertEquals } from "@std/assert";
import type { Dataset } from "../../src/tensor/dataset.ts";
import type { Callback } from "../../src/train/callbacks/callback.ts";
import type { FitResult } from "../../src/train/fit.ts";
import { CASES, type ResumeCase, runCase, withoutTimes } from "./resume_cases.ts";

/** Runs a case until nothing cuts it off any more, and compares it with a run that nothing cut off. */
async function comesToTheSame(
  name: string,
  leastCuts: number,
  runCut: (one: ResumeCase, folder: string) => Promise<FitResult>,
): Promise<void> {
  const one = CASES[name]!;
  const folder = await Deno.makeTempDir();
  try {
    const whole = await runCase(one);
    let cuts = 0;
    let result = await runCut(one, folder);
    for (; result.stopped === "the signal ended it"; cuts++) result = await runCut(one, folder);
    assertEquals(withoutTimes(result), withoutTimes(whole));
    for (const value of whole.model.graph.constants()) {
      const found = result.model.graph.value(value.name).constant!.data;
      assertEquals(found, value.constant!.data, value.name);
    }
    assert(cuts >= leastCuts, `cut off ${cuts} times`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const CUTS = [["whole", 7], ["frozen", 8], ["gathered", 4], ["averaged", 5]] as const;

// Three or six steps an epoch: the cuts lie at several places in it.
for (const [name, stride] of CUTS) {
  Deno.test(`the case "${name}", cut off after every ${stride} steps, comes to the same bits`, () =>
    comesToTheSame(name, 2, (one, folder) => {
      const stop = new AbortController();
      let left: number = stride;
      const callbacks: Callback[] = [{ onStep: () => void (--left === 0 && stop.abort()) }];
      return runCase(one, folder, { signal: stop.signal, callbacks });
    }));
}

Deno.test("a run cut off while it gathers gradients for a step comes to the same bits", () =>
  comesToTheSame("gathered", 2, (one, folder) => {
    const stop = new AbortController();
    const train = readingUntil(one.train, 22, () => stop.abort());
    return runCase({ ...one, train }, folder, { signal: stop.signal });
  }));

/** A data set that says when so many examples were asked for. */
function readingUntil(dataset: Dataset, count: number, then: () => void): Dataset {
  return {
    ...dataset,
    prepare(options) {
      const prepared = dataset.prepare!(options);
      const get = (index: number, epoch?: number) => {
        if (--count === 0) then();
        return prepared.get(index, epoch);
      };
      return { ...prepared, get };
    },
  };
}
