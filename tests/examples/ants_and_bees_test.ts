import { assert } from "@std/assert";
import { program } from "../../examples/ants_and_bees.ts";
import { runProgram } from "../../examples/shared/program.ts";

Deno.test("ants_and_bees: pretrained weights tell two things apart, random ones do not, over three seeds", async () => {
  for (const seed of [0, 1, 2]) {
    const own = { few: 10, epochs: 7, val: 20 };
    const { accuracy } = await runProgram(program, { seed, own });
    const { fixed, tuned, scratch } = accuracy;
    assert(
      fixed > scratch! + 0.15 && tuned > scratch! + 0.15,
      `${seed}: ${JSON.stringify(accuracy)}`,
    );
  }
});
