import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { redAndBlue, run, runJson } from "./run.ts";

Deno.test("fine-tune writes logs and a page, and report writes the page again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const pictures = await redAndBlue(join(folder, "pictures"), 6);
    const glyphs = new URL("../../models/glyphs.onnx", import.meta.url).pathname;
    const at = (name: string) => join(folder, name);
    await runJson(
      ...["fine-tune", pictures, "--backbone", glyphs, "--epochs", "2", "--out", at("a.onnx")],
      ...["--log", at("log.csv"), "--tensorboard", at("board"), "--report", at("a.html")],
    );
    assertEquals((await Deno.readTextFile(at("log.csv"))).trim().split("\n").length, 3);
    assert((await Deno.stat(at("board/train"))).isDirectory);
    assert((await Deno.readTextFile(at("a.html"))).includes("Learning rate"));
    const found = await runJson(
      "report",
      at("a.onnx"),
      pictures,
      "--out",
      at("b.html"),
      "--top",
      "2",
    );
    assertEquals((found.evaluation as { examples: number }).examples, 12);
    assert((await Deno.readTextFile(at("b.html"))).startsWith("<!doctype html>"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("report needs --out, and --log a known ending", async () => {
  assertEquals(await run("report", "model.onnx", "pictures"), {
    status: 2,
    out: "",
    err: "error: report needs --out FILE",
  });
  const { status, err } = await run("fine-tune", "x", "--log", "a.txt", "--dry-run");
  assertEquals([status, err], [2, 'error: --log must end in .csv or .jsonl, found "a.txt"']);
});
