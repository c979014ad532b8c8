import { assert, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { program } from "../../examples/source_and_target.ts";
import { runProgram } from "../../examples/shared/program.ts";

Deno.test("source_and_target: both together do better than the target alone, over three seeds", async () => {
  const gains: number[] = [];
  for (const seed of [0, 1, 2]) {
    const own = { source: 20, epochs: 6, test: 20 };
    const { accuracy } = await runProgram(program, { seed, own });
    gains.push(accuracy.joint - accuracy.target);
    assert(gains.at(-1)! > 0, `seed ${seed}: ${JSON.stringify(accuracy)}`);
  }
  assert(gains.reduce((sum, gain) => sum + gain, 0) / gains.length > 0.03, gains.join());
});

Deno.test("a program from the command line prints its figures, and writes its page and charts", async () => {
  const folder = await Deno.makeTempDir();
  const root = fromFileUrl(new URL("../../", import.meta.url));
  const own = ["--source", "2", "--epochs", "1", "--test", "2", "--quiet", "--charts", folder];
  const script = join(root, "examples", "source_and_target.ts");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", join(root, "deno.json"), script, ...own],
    cwd: folder,
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(code === 0, new TextDecoder().decode(stderr));
  assertStringIncludes(text, "Target alone");
  const page = await Deno.readTextFile(join(folder, "out", "source_and_target.html"));
  assertStringIncludes(page, '<th scope="row">Source alone</th>');
  const chart = await Deno.readTextFile(join(folder, "source_and_target-1.svg"));
  assertStringIncludes(chart, "Accuracy on the target");
  await Deno.remove(folder, { recursive: true });
});
