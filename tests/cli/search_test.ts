import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { loadBackbone } from "../../models/load_backbone.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { redAndBlue, run, runJson } from "./run.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const data = await redAndBlue(join(folder, "data"));
const backbone = join(folder, "backbone.onnx");
await saveModel(glyphNet({ classes: 3 }), backbone);

Deno.test("similar finds the picture itself, and prints its file and class", async () => {
  const picture = join(data, "red", "3.ppm");
  const { status, out, err } = await run("similar", backbone, data, picture, "--k", "2", "--quiet");
  assertEquals(status, 0, err);
  const [header, first, ...rest] = out.split("\n");
  assertMatch(header!, /similarity +class +file/);
  assertMatch(first!, /1\.0000 +red +.*red.3\.ppm/);
  assertEquals(rest.length, 1);
  const found = await runJson("similar", backbone, data, picture, "--k", "3");
  assertEquals((found.similar as { class: string }[]).length, 3);
});

Deno.test("search compares trials, writes the best model, and goes on from its folder", async () => {
  const out = join(folder, "best.onnx");
  const common = [
    ...["search", data, "--backbone", backbone, "--folder", join(folder, "run"), "--out", out],
    ...["--epochs", "2", "--batch-size", "8,4", "--train", "head,all", "--lr", "0.0003:0.003"],
  ];
  const first = await runJson(...common, "--trials", "2");
  assertEquals((first.trials as unknown[]).length, 2);
  assert(first.complete);
  const chart = join(folder, "trials.svg");
  const more = ["--trials", "3", "--chart", chart, "--quiet"];
  const { err, status, out: text } = await run(...common, ...more);
  assertStringIncludes(await Deno.readTextFile(chart), "learningRate");
  assertEquals(status, 0, err);
  assertMatch(
    text,
    /trial +score +learningRate +weightDecay +dropout +batchSize +unfreeze +seconds/,
  );
  assertEquals(text.split("\n").length, 6);
  assertStringIncludes(text, `wrote ${out}`);
  assertEquals((await loadBackbone(out)).classes, ["blue", "red"]);
  const ledger = await Deno.readTextFile(join(folder, "run", "search.jsonl"));
  assertEquals(ledger.trimEnd().split("\n").length, 4);
});

Deno.test("search says what is wrong with a range or a list", async () => {
  for (
    const [option, text, says] of [
      ["--lr", "fast", '"fast" is not a number'],
      ["--lr", "0:1", "above 0"],
      ["--batch-size", "8,0", '"0" is not a whole number'],
      ["--chart", "trials.gif", ".svg or .png"],
      ["--augment", "none,wild", '"wild" is none of'],
    ] as const
  ) {
    const { status, err } = await run("search", data, option, text, "--backbone", backbone);
    assertEquals(status, 2, err);
    assertStringIncludes(err, says);
  }
});
