import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { redAndBlue, run, runJson } from "./run.ts";

Deno.test("artifacts are built, inspected, trained and exported by the command line", async (t) => {
  const folder = await Deno.makeTempDir();
  const [model, artifacts, exported] = ["model.onnx", "artifacts", "exported.onnx"]
    .map((name) => join(folder, name)) as [string, string, string];
  try {
    await saveModel(glyphNet({ classes: 3 }), model);
    const data = await redAndBlue(join(folder, "data"), 8);
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
