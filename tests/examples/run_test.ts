import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Runs an example in a folder of its own and gives what it printed. */
async function run(folder: string, name: string, ...args: string[]): Promise<string> {
  const config = join(root, "deno.json");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, join(root, "examples", name), ...args],
    cwd: folder,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("artifacts.ts trains by artifacts, alone and in a federated round", async () => {
  const folder = await Deno.makeTempDir();
  const text = await run(folder, "artifacts.ts");
  const shares = [...text.matchAll(/([\d.]+) % right/g)].map((found) => Number(found[1]));
  assertEquals(shares.length, 2);
  assert(shares.every((share) => share > 90), text);
  assert((await Deno.stat(join(folder, "out", "artifacts", "round1", "checkpoint"))).isFile);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("demo.ts fine-tunes better than it trains from random weights, and writes its page", async () => {
  const folder = await Deno.makeTempDir();
  const text = await run(folder, "demo.ts", "--epochs", "3");
  const [tuned, random] = [...text.matchAll(/([\d.]+) % of 1000 pictures right/g)].map((found) =>
    Number(found[1])
  );
  assert(tuned! > 70 && tuned! > random! + 30, text);
  const html = await Deno.readTextFile(join(folder, "out", "demo.html"));
  assertStringIncludes(html, `${tuned!.toFixed(1)} %`);
  assert((await Deno.stat(join(folder, "out", "digits.onnx"))).size > 1e6);
  await Deno.remove(folder, { recursive: true });
});
