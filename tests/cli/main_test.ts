import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { redAndBlue, run, runJson } from "./run.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const data = await redAndBlue(join(folder, "data"));
const backbone = join(folder, "backbone.onnx");
await saveModel(glyphNet({ classes: 3 }), backbone);
const tuned = join(folder, "tuned.onnx");

Deno.test("the command line fine-tunes, evaluates, predicts and extracts", async (t) => {
  await t.step("fine-tune learns two colours and measures itself", async () => {
    const report = await runJson(
      ...["fine-tune", data, "--backbone", backbone, "--out", tuned, "--train", "all"],
      ...["--lr", "0.003", "--epochs", "6", "--batch-size", "8", "--augment", "none"],
    );
    const { classes, validation } = report as {
      classes: string[];
      validation: { accuracy: number };
    };
    assertEquals(classes, ["blue", "red"]);
    assertEquals(validation.accuracy, 1);
  });

  await t.step("evaluate --json prints loss and accuracy last", async () => {
    const report = await runJson("evaluate", tuned, data);
    assertEquals(report.accuracy, 1);
    assert(typeof report.loss === "number" && report.loss < 0.5, `loss ${report.loss}`);
    assertEquals(report.confusionMatrix, [[10, 0], [0, 10]]);
  });

  await t.step("evaluate prints a table of the classes", async () => {
    const { out } = await run("evaluate", tuned, data, "--quiet");
    assertMatch(out, /accuracy 100\.0 %/);
    assertMatch(out, /blue +100\.0 % +100\.0 % +100\.0 % +10/);
  });

  await t.step("predict names the classes of each file", async () => {
    const files = [join(data, "red", "0.ppm"), join(data, "blue", "0.ppm")];
    const { status, out } = await run("predict", tuned, ...files, "--top", "1");
    assertEquals(status, 0);
    const [first, second] = out.split("\n");
    assertMatch(first!, /0\.ppm: red \d+\.\d %$/);
    assertMatch(second!, /0\.ppm: blue \d+\.\d %$/);
  });

  await t.step("predict --on-unreadable skip leaves a broken file out", async () => {
    const broken = join(folder, "broken.ppm");
    await Deno.writeTextFile(broken, "no picture");
    const good = join(data, "red", "1.ppm");
    const failed = await run("predict", tuned, broken, good);
    assertEquals(failed.status, 1);
    assertStringIncludes(failed.err, "broken.ppm");
    const found = await runJson("predict", tuned, broken, good, "--on-unreadable", "skip");
    const { predictions, skipped } = found as {
      predictions: { file: string; classes: { label: string }[] }[];
      skipped: { file: string }[];
    };
    assertEquals(predictions.map(({ file, classes }) => [file, classes[0]?.label]), [[
      good,
      "red",
    ]]);
    assertEquals(skipped.map(({ file }) => file), [broken]);
  });

  await t.step("features writes arrays, tables and JSON with the same numbers", async () => {
    const found = await runJson("features", tuned, data, "--out", join(folder, "f.npy"));
    assertEquals(found.shape, [20, 128]);
    await runJson("features", tuned, data, "--out", join(folder, "f2.json"));
    await runJson("features", tuned, data, "--out", join(folder, "f2.csv"));
    const file = await Deno.readFile(join(folder, "f.npy"));
    const values = new Float32Array(file.slice(file.length - 20 * 128 * 4).buffer);
    const json = JSON.parse(await Deno.readTextFile(join(folder, "f2.json")));
    assertEquals(json.examples[19].features, Array.from(values.subarray(19 * 128)));
    assertEquals(json.examples[19].class, "red");
    const table = (await Deno.readTextFile(join(folder, "f2.csv"))).trimEnd().split("\n");
    assertEquals(table.length, 21);
    assertEquals(table[20]!.split(",").slice(2).map(Number), json.examples[19].features);
  });

  await t.step("inspect shows layers, inputs and preprocessing", async () => {
    const { out } = await run("inspect", tuned);
    for (
      const text of [
        "head.weight",
        "[batch, 3, 32, 32]",
        "blue, red",
        "every operator has a gradient",
      ]
    ) {
      assertStringIncludes(out, text);
    }
    const facts = await runJson("inspect", tuned);
    assertEquals(facts.classes, ["blue", "red"]);
    assertEquals(facts.operatorsWithoutGradient, []);
  });

  await t.step("fine-tune keeps the head of a network that has the classes", async () => {
    const { status, out } = await run(
      ...["fine-tune", data, "--backbone", tuned, "--out", join(folder, "again.onnx")],
      ...["--epochs", "1", "--split", "0", "--quiet"],
    );
    assertEquals(status, 0);
    assertStringIncludes(out, "its own head kept");
  });

  await t.step("fine-tune takes train and val inside one folder", async () => {
    const parts = join(folder, "parts");
    await redAndBlue(join(parts, "train"));
    await redAndBlue(join(parts, "val"));
    const { status, out } = await run(
      ...["fine-tune", parts, "--backbone", tuned, "--out", join(folder, "parts.onnx")],
      ...["--epochs", "1", "--quiet"],
    );
    assertEquals(status, 0);
    assertStringIncludes(out, "20 pictures to train on, 20 to measure on");
  });
});

Deno.test("fine-tune finds an output that cannot be written before it trains", async () => {
  const out = join(folder, "missing", "model.onnx");
  const { status, err } = await run("fine-tune", data, "--backbone", backbone, "--out", out);
  assertEquals(status, 1);
  assertStringIncludes(err, "missing");
});

Deno.test("fine-tune saves the last good weights where training diverges", async () => {
  const out = join(folder, "diverged.onnx");
  const { status, err } = await run(
    ...["fine-tune", data, "--backbone", backbone, "--out", out, "--train", "all"],
    ...["--optimizer", "sgd", "--lr", "1e30", "--epochs", "3", "--schedule", "constant", "--quiet"],
  );
  assertEquals(status, 1);
  assertStringIncludes(err, "last good weights");
  assertEquals((await run("inspect", out)).status, 0);
});

const failures: readonly [claim: string, args: string[], status: number, says: string][] = [
  ["an unknown command", ["finetune"], 2, 'did you mean "fine-tune"?'],
  ["an unknown option", ["models", "--jsn"], 2, "did you mean --json?"],
  ["no --out", ["fine-tune", data], 2, "needs --out"],
  [
    "both --validation and --split",
    [
      ...[
        "fine-tune",
        data,
        "--out",
        join(folder, "x.onnx"),
        "--validation",
        data,
        "--split",
        "0.5",
      ],
    ],
    2,
    "exclude each other",
  ],
  ["features in an unknown format", ["features", backbone, data, "--out", "x.txt"], 2, ".npy"],
  ["a missing model", ["inspect", join(folder, "none.onnx")], 1, "none.onnx"],
  ["a file that is no model", ["inspect", join(data, "red", "0.ppm")], 1, "error: "],
  ["a folder without classes", ["evaluate", backbone, join(data, "red")], 1, "no class folders"],
];
for (const [claim, args, status, says] of failures) {
  Deno.test(`the command line refuses ${claim} with status ${status} and no stack`, async () => {
    const found = await run(...args);
    assertEquals([found.status, found.out], [status, ""]);
    assertStringIncludes(found.err, says);
    assert(!/\n\s+at /.test(found.err), found.err);
  });
}

Deno.test("--debug shows where an error came from", async () => {
  const { err } = await run("inspect", join(folder, "none.onnx"), "--debug");
  assertMatch(err, /\n\s+at /);
});

Deno.test("--json says also what went wrong", async () => {
  const { status, out } = await run("inspect", join(folder, "none.onnx"), "--json");
  assertEquals(status, 1);
  assertStringIncludes(JSON.parse(out).error, "none.onnx");
});

Deno.test({
  name: "Ctrl-C ends fine-tune, which saves what is trained so far",
  ignore: Deno.build.os === "windows",
  async fn() {
    const out = join(folder, "interrupted.onnx");
    const program = new URL("../../src/cli/mod.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", program, "fine-tune", data, "--backbone", backbone, "--out", out],
        ...["--epochs", "1000000", "--split", "0"],
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      if (!said.includes("epoch 1/") && (said + text).includes("epoch 1/")) child.kill("SIGINT");
      said += text;
    }
    await child.stdout.cancel();
    assertEquals((await child.status).code, 0, said);
    assertEquals((await run("inspect", out)).status, 0);
  },
});

Deno.test("every command has help", async () => {
  const general = await run("--help");
  assertEquals(general.status, 0);
  for (const name of ["fine-tune", "evaluate", "predict", "features", "models", "inspect"]) {
    assertStringIncludes(general.out, name);
    const { status, out } = await run(name, "--help");
    assertEquals(status, 0);
    assertStringIncludes(out, `Usage: graft ${name}`);
  }
});

Deno.test("models --json lists what --backbone takes by name", async () => {
  const { models } = await runJson("models") as { models: { name: string; licence: string }[] };
  assert(models.some(({ name, licence }) => name === "mobilenet_v2" && licence !== ""));
});
