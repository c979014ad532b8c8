import { assert, assertEquals } from "@std/assert";
import { run } from "../../examples/features.ts";

Deno.test("features: those of a network of letters tell digits apart, pixels and random ones do not", async () => {
  for (const seed of [0, 1, 2]) {
    const { scores, rows, charts, pictures } = await run(
      { seed, quiet: true },
      { few: "5", asked: "15" },
    );
    assertEquals([rows.length, charts!.length, pictures!.length], [3, 1, 24]);
    const letters = scores["network of letters"]!;
    assert(letters.logistic > 0.8 && letters.neighbours > 0.7, JSON.stringify(letters));
    for (const other of ["pixels", "random network"]) {
      const { neighbours, logistic, similar } = scores[other]!;
      assert(letters.logistic > logistic + 0.4, `${seed}: ${other} ${logistic}`);
      assert(letters.neighbours > neighbours + 0.4, `${seed}: ${other} ${neighbours}`);
      assert(letters.similar > similar + 0.3, `${seed}: ${other} ${similar}`);
    }
  }
});
