import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { redAndBlue, run, runJson } from "./run.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const data = await redAndBlue(join(folder, "data"), 6);
const backbone = join(folder, "backbone.onnx");
await saveModel(glyphNet({ classes: 3 }), backbone);
const tuned = join(folder, "tuned.onnx");

Deno.test("fine-tune augments, mixes and balances by name; evaluate and predict take copies", async () => {
  const { status, out, err } = await run(
    ...["fine-tune", data, "--backbone", backbone, "--out", tuned, "--epochs", "2", "--quiet"],
    ...["--augment", "randaugment", "--mix", "both", "--balance", "--batch-size", "4"],
  );
  assertEquals(status, 0, err);
  assertStringIncludes(out, "augmentation randaugment, mixed by both");
  const plain = await runJson("evaluate", tuned, data);
  const mean = await runJson("evaluate", tuned, data, "--tta", "2");
  assert(plain.loss !== mean.loss && Number.isFinite(mean.loss));
  const picture = join(data, "red", "0.ppm");
  assertEquals((await run("predict", tuned, picture, "--tta", "3", "--quiet")).status, 0);
  const wrong = await run("fine-tune", data, "--out", tuned, "--mix", "mixp");
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.err, "--mix");
});

Deno.test("fine-tune finds a batch size, and changes pictures in the training graph", async () => {
  const { status, out, err } = await run(
    ...["fine-tune", data, "--backbone", backbone, "--out", tuned, "--epochs", "1", "--quiet"],
    ...["--augment", "gentle", "--augment-on", "device", "--batch-size", "auto", "--split", "0.3"],
  );
  assertEquals(status, 0, err);
  assertStringIncludes(out, "batches of as many as fit");
  const wrong = await run("lr-find", data, "--backbone", backbone, "--batch-size", "auto");
  assertEquals(wrong.status, 2);
});

Deno.test("duplicates lists equal pictures across folders, whatever lies in them", async () => {
  const [first, second] = [join(folder, "first", "deep"), join(folder, "second")];
  for (const path of [first, second]) await Deno.mkdir(path, { recursive: true });
  await Deno.copyFile(join(data, "red", "0.ppm"), join(first, "a.ppm"));
  await Deno.copyFile(join(data, "red", "0.ppm"), join(second, "b.ppm"));
  await Deno.copyFile(join(data, "blue", "1.ppm"), join(second, "c.ppm"));
  await Deno.writeTextFile(join(second, "notes.txt"), "no picture");
  const { status, out } = await run("duplicates", join(folder, "first"), second, "--quiet");
  assertEquals(status, 0);
  assertMatch(out, /equal: .*first\/deep\/a\.ppm .*second\/b\.ppm/);
  assertStringIncludes(out, "1 pair among 3 pictures, 1 of them equal");
  const { pairs } = await runJson("duplicates", second, "--near", "none");
  assertEquals(pairs, []);
  const empty = join(folder, "empty");
  await Deno.mkdir(empty);
  assertStringIncludes((await run("duplicates", empty)).err, "holds no pictures");
});
