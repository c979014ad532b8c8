import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { glyphNet } from "../../models/glyph_net.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { redAndBlue, run, runJson } from "./run.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const data = await redAndBlue(join(folder, "red and blue"), 6);
const backbone = join(folder, "backbone.onnx");
await saveModel(glyphNet({ classes: 3 }), backbone);
const common = ["fine-tune", data, "--backbone", backbone, "--batch-size", "4"];

/** Starts the command line in a process of its own and sends signals when it says something. */
async function interrupted(args: readonly string[], when: string) {
  const program = new URL("../../src/cli/mod.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, ...args],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    if (!said.includes(when) && (said + text).includes(when)) child.kill("SIGINT");
    said += text;
  }
  return { said, code: (await child.status).code };
}

Deno.test({
  name: "Ctrl-C keeps a checkpoint and says how to go on, and the run goes on from there",
  ignore: Deno.build.os === "windows",
  async fn() {
    const [out, state] = ["cut.onnx", "state"].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    const args = [...common, "--checkpoint", state, "--out", out, "--split", "0"];
    const { said, code } = await interrupted([...args, "--epochs", "1000000"], "epoch 2/");
    assertEquals(code, 0, said);
    assertStringIncludes(said, "Stopping after this step");
    assertStringIncludes(said, `Interrupted; the state is in ${state}. To go on:`);
    const line = said.split("To go on:\n")[1]!.trim();
    assertMatch(line, /^deno run -A \S*src\/cli\/mod\.ts fine-tune '.*red and blue' --backbone /);
    assert(line.endsWith("--split 0 --epochs 1000000"), line);
    assertEquals((await run("inspect", out)).status, 0);
    const done = Number(
      said.match(/epoch (\d+)\/1000000 +loss (?!.*epoch \d+\/1000000 +loss)/s)![1],
    );
    const { epochs, interrupted: again } = await runJson(...args, "--epochs", `${done + 1}`) as {
      epochs: { epoch: number }[];
      interrupted: boolean;
    };
    assertEquals([epochs.length, again], [done + 1, false]);
  },
});

Deno.test({
  name: "a second Ctrl-C ends the process at once, while it is busy",
  ignore: Deno.build.os === "windows",
  async fn() {
    const module = new URL("../../src/cli/interrupt.ts", import.meta.url).href;
    const program = join(folder, "busy.ts");
    await Deno.writeTextFile(
      program,
      `import { onInterrupt } from "${module}";
      const { signal } = onInterrupt((text) => console.log(text));
      console.log("ready");
      while (!signal.aborted) await new Promise((wake) => setTimeout(wake, 10));
      console.log("aborted");
      for (;;);`,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program],
      stdout: "piped",
    }).spawn();
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      for (const word of ["ready", "aborted"]) {
        if (!said.includes(word) && (said + text).includes(word)) child.kill("SIGINT");
      }
      said += text;
    }
    assertEquals((await child.status).code, 130);
    assertStringIncludes(said, "Ctrl-C again leaves at once");
  },
});

Deno.test("--dry-run tries everything and writes nothing", async () => {
  const state = join(folder, "dry");
  const report = await runJson(...common, "--dry-run", "--checkpoint", state, "--train", "all");
  assertEquals(report, { model: "backbone", dryRun: true });
  assertEquals(await Deno.stat(state).catch(() => undefined), undefined);
});

Deno.test("--overfit-batches learns a few pictures by heart", async () => {
  const out = join(folder, "heart.onnx");
  const { epochs } = await runJson(
    ...[...common, "--overfit-batches", "1", "--train", "all", "--head-epochs", "0"],
    ...["--epochs", "12", "--lr", "0.01", "--out", out, "--split", "0"],
  ) as { epochs: { loss: number }[] };
  assert(epochs.at(-1)!.loss < 0.1 * epochs[0]!.loss, JSON.stringify(epochs));
});

Deno.test("--patience ends a run that makes no progress", async () => {
  const out = join(folder, "patient.onnx");
  const { epochs } = await runJson(
    ...[...common, "--patience", "2", "--lr", "1e-30", "--epochs", "50", "--out", out],
  ) as { epochs: unknown[] };
  assertEquals(epochs.length, 3);
});

Deno.test("--precision float16 fine-tunes in half and says how the loss was scaled", async () => {
  const args = [...common, "--split", "0", "--epochs", "1", "--out", join(folder, "half.onnx")];
  const { epochs } = await runJson(...args, "--precision", "float16") as {
    epochs: { lossScale: number; skippedSteps: number }[];
  };
  for (const { lossScale, skippedSteps } of epochs) assert(lossScale >= 1 && skippedSteps >= 0);
  const wrong = await run(...args, "--precision", "half");
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.err, "float16");
});
