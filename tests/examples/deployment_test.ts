import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../examples/deployment.ts";
import { inputOf, rankedOf } from "../../examples/deployment/classify.js";
import { filesFrom } from "../../examples/deployment/serve.ts";
import { drawnGlyphs } from "../../models/glyphs/drawn_glyphs.ts";
import { loadBackbone } from "../../mod.ts";
import { wasmAnswers } from "../web_runtime.ts";

const digits = [..."0123456789"];

Deno.test("deployment: int8 is a quarter of the size and answers as before, also in WebAssembly", async () => {
  const out = await Deno.makeTempDir();
  for (const seed of [0, 1, 2]) {
    const { scores } = await run({ seed, quiet: true }, {
      epochs: "3",
      calibration: "60",
      test: "15",
      out,
    });
    const { float32, int8 } = scores;
    assert(float32.accuracy > 0.8, `${seed}: ${float32.accuracy}`);
    assert(Math.abs(int8.accuracy - float32.accuracy) <= 0.03, `${seed}: ${int8.accuracy}`);
    assert(int8.bytes < 0.28 * float32.bytes);
  }
  // What the page does with the last one.
  const bytes = await Deno.readFile(join(out, "model.int8.onnx"));
  const { preprocessing } = await loadBackbone(join(out, "model.onnx"));
  const set = drawnGlyphs({ characters: digits, perClass: 4, seed: 99 });
  const data = new Float32Array(set.length * 3072);
  for (let index = 0; index < set.length; index++) {
    const { image } = (await set.get(index))!;
    const rgba = Uint8Array.from(
      { length: 4 * 1024 },
      (_, at) => at % 4 === 3 ? 255 : image!.data[3 * Math.floor(at / 4) + at % 4]!,
    );
    data.set(inputOf(rgba, preprocessing!).data, index * 3072);
  }
  const found = await wasmAnswers(bytes, { name: "x", data, dims: [set.length, 3, 32, 32] });
  const answers = Array.from(
    { length: set.length },
    (_, at) => rankedOf(found.subarray(10 * at, 10 * at + 10), digits)[0]!.label,
  );
  const right = answers.filter((label, at) => label === digits[set.target!(at)!]).length;
  assert(right / set.length > 0.75, `${right} of ${set.length}`);
  const html = await Deno.readTextFile(join(out, "index.html"));
  assertStringIncludes(html, "cdn.jsdelivr.net/npm/onnxruntime-web@");
  assertStringIncludes(html, bytes.toBase64());
  assertEquals(html.includes("export function"), false);
  await Deno.remove(out, { recursive: true });
});

Deno.test("inputOf() orders channels and axes as the network wants them", () => {
  const rgba = [255, 0, 51, 255, 0, 255, 102, 255];
  const common = { heightPx: 1, widthPx: 2, resizePx: 1, interpolation: "bilinear" } as const;
  const mean = [0.5, 0, 0];
  const std = [0.5, 1, 1];
  const planar = inputOf(rgba, {
    ...{ ...common, mean, std },
    ...{ range: 1, channels: "rgb", layout: "nchw" },
  });
  assertEquals(planar.dims, [1, 3, 1, 2]);
  [1, -1, 0, 1, 0.2, 0.4].forEach((one, at) => assertAlmostEquals(planar.data[at]!, one, 1e-6));
  const bgr = inputOf(rgba, {
    ...{ ...common, mean: [0, 0, 0], std: [1, 1, 1] },
    ...{ range: 255, channels: "bgr", layout: "nhwc" },
  });
  assertEquals([bgr.dims, [...bgr.data]], [[1, 1, 2, 3], [51, 0, 255, 102, 255, 0]]);
});

Deno.test("rankedOf() gives shares that add up to 1, the greatest first", () => {
  const ranked = rankedOf([0, Math.log(3), -Infinity], ["a", "b", "c"]);
  assertEquals(ranked.map(({ label }) => label), ["b", "a", "c"]);
  assertAlmostEquals(ranked[0]!.probability, 0.75);
});

Deno.test("filesFrom() answers from its folders and nowhere else", async () => {
  const folder = await Deno.makeTempDir();
  const runtime = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "index.html"), "page");
  await Deno.writeTextFile(join(runtime, "ort.mjs"), "runtime");
  const answer = filesFrom(folder, { ort: runtime });
  const get = (path: string) => answer(new Request(`http://localhost${path}`));
  assertEquals(await (await get("/")).text(), "page");
  const script = await get("/ort/ort.mjs");
  assertEquals([await script.text(), script.headers.get("content-type")], [
    "runtime",
    "text/javascript",
  ]);
  for (const path of ["/other", "/%2e%2e/x", "/ort/%2e%2e%2f%2e%2e%2fetc%2fpasswd"]) {
    assertEquals((await get(path)).status, 404);
  }
  await Promise.all([folder, runtime].map((path) => Deno.remove(path, { recursive: true })));
});
