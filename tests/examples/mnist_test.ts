import { assert } from "@std/assert";
import { program } from "../../examples/mnist.ts";
import { runProgram } from "../../examples/shared/program.ts";

Deno.test("mnist: what clean digits taught helps with photographed ones, over three seeds", async () => {
  for (const seed of [0, 1, 2]) {
    const { digits, second } = await runProgram(program, {
      seed,
      own: { drawn: 30, epochs: 4, "second-epochs": 5, tests: 10 },
    });
    assert(digits > 0.6, `seed ${seed}: ${digits} of the digits`);
    assert(second.all > second.scratch + 0.1, `seed ${seed}: ${JSON.stringify(second)}`);
  }
});
