import { assert, assertEquals } from "@std/assert";
import { run } from "../../examples/search.ts";

Deno.test("search: the best trial beats the usual settings on pictures that chose nothing", async () => {
  for (const seed of [0, 1, 2]) {
    const { scores, trials, rows, charts } = await run(
      { seed, quiet: true },
      { trials: "5", epochs: "4", test: "20" },
    );
    assertEquals([trials.length, rows.length, charts!.length], [5, 3, 1]);
    const { usual, best } = scores;
    assert(best.test > usual.test + 0.15, `${seed}: ${usual.test} and ${best.test}`);
    assert(trials[0]! > trials[2]! + 0.1, `${seed}: ${trials}`);
  }
});
