import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { redAndBlue, run } from "./run.ts";

Deno.test("lr-find suggests learning rates and draws the losses", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = await redAndBlue(join(folder, "data"));
    const backbone = join(folder, "backbone.onnx");
    await saveModel(glyphNet({ classes: 3 }), backbone);
    const out = join(folder, "rates.svg");
    const { status, out: said, err } = await run(
      ...["lr-find", data, "--backbone", backbone, "--batch-size", "8", "--steps", "20"],
      ...["--out", out, "--quiet"],
    );
    assertEquals(status, 0, err);
    const [, valley] = /valley +(\S+)/.exec(said)!;
    assert(Number(valley) > 1e-7 && Number(valley) < 10);
    assertStringIncludes(await Deno.readTextFile(out), `valley: ${Number(valley)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("lr-find refuses a chart of an unknown kind before it begins", async () => {
  const { status, err } = await run("lr-find", "no-such-folder", "--out", "rates.gif");
  assertEquals(status, 2);
  assertStringIncludes(err, '--out must end in .svg or .png, found "rates.gif"');
});
