import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../src/cli/mod.ts";
import { rng } from "../../src/tensor/rng.ts";

/** Runs the command line and gives its status and what it printed. */
export async function run(
  ...args: string[]
): Promise<{ status: number; out: string; err: string }> {
  const lines: Record<"out" | "err", string[]> = { out: [], err: [] };
  const status = await main(args, {
    out: (text) => lines.out.push(text),
    err: (text) => lines.err.push(text),
  });
  return { status, out: lines.out.join("\n"), err: lines.err.join("\n") };
}

/** The same with `--json`: the object on the last line. */
export async function runJson(...args: string[]): Promise<Record<string, unknown>> {
  const { status, out, err } = await run(...args, "--json", "--quiet");
  assertEquals(status, 0, err);
  return JSON.parse(out.split("\n").at(-1)!);
}

/** A folder of noisy red and blue pictures. */
export async function redAndBlue(folder: string, each = 10): Promise<string> {
  for (const [channel, name] of [[0, "red"], [2, "blue"]] as const) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    for (let index = 0; index < each; index++) {
      const random = rng(name, index);
      const pixels = Uint8Array.from(
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
