import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

Deno.test("parseArgs() reads values, flags, aliases, lists and negations", () => {
  assertEquals(
    parseArgs(["a", "-o", "x", "--n=3", "--tag", "1", "--tag=2", "--no-bar", "-jq", "7"], {
      string: ["out", "tag", "n"],
      boolean: ["json", "bar", "quiet"],
      alias: { out: "o", json: "j", quiet: ["q"] },
      collect: ["tag"],
      negatable: ["bar"],
      default: { bar: true },
    }),
    {
      _: ["a", 7],
      out: "x",
      o: "x",
      n: "3",
      tag: ["1", "2"],
      bar: false,
      json: true,
      j: true,
      quiet: true,
      q: true,
    },
  );
});

Deno.test("parseArgs() reports what it does not know and keeps what follows --", () => {
  const strange: unknown[] = [];
  const options = {
    string: ["_"],
    "--": true,
    unknown: (arg: string, key?: string, value?: unknown) => {
      strange.push([arg, key, value]);
      return key === undefined;
    },
  };
  assertEquals(parseArgs(["1", "--what=2", "--", "--x"], options), { _: ["1"], "--": ["--x"] });
  assertEquals(strange, [["1", undefined, undefined], ["--what=2", "what", "2"]]);
});

Deno.test("parseArgs() stops early where it is told to", () => {
  assertEquals(parseArgs(["run", "--x", "1"], { stopEarly: true }), { _: ["run", "--x", 1] });
});
