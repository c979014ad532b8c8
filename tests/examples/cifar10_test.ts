import { assert, assertEquals } from "@std/assert";
import { program } from "../../examples/cifar10.ts";
import { runProgram } from "../../examples/shared/program.ts";

Deno.test("cifar10: pretrained weights learn ten classes in a few steps, random ones do not, over three seeds", async () => {
  for (const seed of [0, 1, 2]) {
    const { accuracy } = await runProgram(program, {
      seed,
      own: { drawn: 10, epochs: 4, test: 8 },
    });
    const { frozen, whole, scratch } = accuracy;
    assert(
      frozen > scratch! + 0.3 && whole > scratch! + 0.3,
      `${seed}: ${JSON.stringify(accuracy)}`,
    );
  }
});

Deno.test("cifar10 reads CIFAR's files, and holds a fifth back", async () => {
  const file = await Deno.makeTempFile({ suffix: ".bin" });
  const bytes = new Uint8Array(50 * 3073).map((_, at) =>
    at % 3073 === 0 ? (at / 3073) % 10 : at % 251
  );
  await Deno.writeFile(file, bytes);
  const glyphs = new URL("../../models/glyphs.onnx", import.meta.url).pathname;
  const own = { backbone: glyphs, epochs: 1, batch: 10, rate: 0.01 };
  const found = await runProgram(program, { data: file, own });
  assertEquals(
    found.summary.includes("40 pictures to learn from, 10 to measure on"),
    true,
    found.summary,
  );
  await Deno.remove(file);
});
