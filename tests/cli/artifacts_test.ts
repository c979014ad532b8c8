import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { main } from "../../src/cli/mod.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { rng } from "../../src/tensor/rng.ts";

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const lines: Record<"out" | "err", string[]> = { out: [], err: [] };
  const status = await main(args, {
    out: (text) => lines.out.push(text),
    err: (text) => lines.err.push(text),
  });
  return { status, out: lines.out.join("\n"), err: lines.err.join("\n") };
}

async function runJson(...args: string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await run(...args, "--json", "--quiet");
  assertEquals(status, 0, err);
  return JSON.parse(out.split("\n").at(-1)!);
}

/** Pictures of two colours, 8 of each. */
async function twoColours(folder: string): Promise<string> {
  for (const [channel, name] of [[0, "red"], [2, "blue"]] as const) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    for (let index = 0; index < 8; index++) {
      const random = rng(name, index);
      const pixels = Array.from(
        { length: 32 * 32 * 3 },
        (_, at) => random.integer(100) + (at % 3 === channel ? 150 : 0),
      );
      const header = new TextEncoder().encode("P6\n32 32\n255\n");
      await Deno.writeFile(
        join(folder, name, `${index}.ppm`),
        new Uint8Array([...header, ...pixels]),
      );
    }
  }
  return folder;
}

Deno.test("artifacts are built, inspected, trained and exported by the command line", async (t) => {
  const folder = await Deno.makeTempDir();
  const [model, artifacts, exported] = ["model.onnx", "artifacts", "exported.onnx"]
    .map((name) => join(folder, name)) as [string, string, string];
  try {
    await saveModel(glyphNet({ classes: 3 }), model);
    const data = await twoColours(join(folder, "data"));
    await t.step("build gives a new head and writes the four files", async () => {
      const { trainable } = await runJson(
        ...["artifacts", "build", model, "--classes", "blue,red", "--out", artifacts],
        ...["--train", "all", "--lr", "0.003"],
      );
      assert((trainable as string[]).includes("head.weight"));
      const files = [...Deno.readDirSync(artifacts)].map(({ name }) => name).sort();
      assertEquals(files, [
        "checkpoint",
        "eval_model.onnx",
        "optimizer_model.onnx",
        "training_model.onnx",
      ]);
    });
    await t.step("inspect says what they train", async () => {
      const { status, out } = await run("artifacts", "inspect", artifacts);
      assertEquals(status, 0);
      assertStringIncludes(out, "labels: int64 [batch]");
      assertStringIncludes(out, "com.microsoft.InPlaceAccumulatorV2");
      assertStringIncludes(out, "learning_rate 0.003");
    });
    await t.step("train learns and replaces the checkpoint", async () => {
      const before = await Deno.readFile(join(artifacts, "checkpoint"));
      const { epochs } = await runJson(
        ...["artifacts", "train", artifacts, data, "--epochs", "4", "--batch-size", "8"],
      ) as { epochs: { loss: number }[] };
      assert(epochs[3]!.loss < epochs[0]!.loss);
      assert(String(before) !== String(await Deno.readFile(join(artifacts, "checkpoint"))));
    });
    await t.step("export writes a model that evaluates", async () => {
      await runJson("artifacts", "export", artifacts, "--out", exported);
      const { accuracy } = await runJson("evaluate", exported, data);
      assert(Number(accuracy) >= 0.75, `${accuracy}`);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("artifacts alone, and what it does not have, are refused with what there is", async () => {
  assertEquals((await run("artifacts")).status, 2);
  assertStringIncludes((await run("artifacts")).err, "needs build, train, export, inspect");
  assertStringIncludes((await run("artifacts", "trian")).err, 'did you mean "train"?');
  assertStringIncludes((await run("artifacts", "--help")).out, "artifacts export");
  assertStringIncludes((await run("help", "artifacts", "build")).out, "--clip-norm");
  assertEquals((await run("artifacts", "build", "x.onnx")).status, 2);
});
