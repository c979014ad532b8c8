import { assert, assertEquals, assertMatch } from "@std/assert";
import { registry } from "../../models/registry.ts";
import { guessPreprocessing } from "../../models/preprocessing.ts";
import { imagenetPreprocessing } from "../../src/data/preprocessing.ts";

Deno.test("every entry of the registry can be fetched and checked", () => {
  const files = new Set<string>();
  for (const [name, entry] of Object.entries(registry)) {
    assertMatch(name, /^[a-z0-9_]+$/);
    assertMatch(entry.sha256, /^[0-9a-f]{64}$/, name);
    assert(entry.bytes > 1e6, name);
    assert(entry.addresses.length >= 2, name);
    for (const address of entry.addresses) {
      assertEquals(new URL(address).protocol, "https:");
      assert(address.endsWith(`/${entry.file}`), name);
    }
    assertEquals(entry.preprocessing?.mean.length, entry.labels === "imagenet" ? 3 : undefined);
    assert(!files.has(entry.file), `${name} repeats ${entry.file}`);
    files.add(entry.file);
  }
});

const info = (shape: readonly (number | string)[]) => ({
  name: "x",
  type: "float32" as const,
  shape,
});

Deno.test("guessPreprocessing() reads size, layout and channels off the input", () => {
  assertEquals(guessPreprocessing([info(["N", 3, 224, 224])]), imagenetPreprocessing());
  assertEquals(guessPreprocessing([info(["N", 3, "H", "W"])])?.heightPx, 224);
  const last = guessPreprocessing([info(["N", 96, 96, 3])])!;
  assertEquals([last.layout, last.heightPx, last.resizePx], ["nhwc", 96, 110]);
  const grey = guessPreprocessing([info(["N", 1, 28, 28])])!;
  assertEquals([grey.channels, grey.mean, grey.std, grey.range], ["gray", [0], [1], 1]);
  assertEquals(grey.resizePx, 28);
});

Deno.test("guessPreprocessing() guesses nothing where the input is no picture", () => {
  assertEquals(guessPreprocessing([info(["N", 10])]), undefined);
  assertEquals(guessPreprocessing([info(["N", 64, 7, 7])]), undefined);
  assertEquals(guessPreprocessing([info([1, 3, 8, 8]), info([1, 3, 8, 8])]), undefined);
});
