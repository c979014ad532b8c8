import { assert, assertEquals } from "@std/assert";
import { program } from "../../examples/architectures.ts";
import { runProgram } from "../../examples/shared/program.ts";

Deno.test("architectures: small networks that learned letters do better with digits, over three seeds", async () => {
  const pairs = [
    "small VGG,small ResNet",
    "small AlexNet,small ResNet",
    "small VGG,small GoogLeNet",
  ];
  const gains: number[] = [];
  for (const [seed, small] of pairs.entries()) {
    const own = { small, letters: 20, "letter-epochs": 4, epochs: 6, val: 10 };
    const { pretrained, scratch } = await runProgram(program, { seed, own });
    assertEquals(Object.keys(pretrained).join(), small);
    gains.push(...Object.keys(pretrained).map((name) => pretrained[name]! - scratch[name]!));
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  assert(mean > 0.05, `gains ${gains.map((gain) => gain.toFixed(2)).join(", ")}`);
});
