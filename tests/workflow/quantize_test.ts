import { assert, assertEquals, assertRejects } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { loadBackbone } from "../../models/load_backbone.ts";
import { drawnGlyphs } from "../../models/glyphs/drawn_glyphs.ts";
import type { Model } from "../../src/onnx/model.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { encodeModel } from "../../src/onnx/write_model.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";
import { quantize } from "../../src/workflow/quantize.ts";
import { wasmAnswers } from "../web_runtime.ts";

const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const glyphs = await loadBackbone(new URL("../../models/glyphs.onnx", import.meta.url));
const some = drawnGlyphs({ characters: letters, perClass: 2, seed: 5 });
const others = drawnGlyphs({ characters: letters, perClass: 4, seed: 6 });
const quiet = { verbose: false } as const;

/** The answers `[N, K]` of a model's first output. */
async function answers(model: Model, data: Dataset): Promise<Float32Array> {
  return (await extractFeatures(model, data, { layer: model.outputs[0]!.name, ...quiet })).data;
}

/** How far `b` lies from `a`, as a share of the length of `a`. */
function distance(a: Float32Array, b: Float32Array): number {
  let [apart, whole] = [0, 0];
  a.forEach((one, at) => {
    apart += (one - b[at]!) ** 2;
    whole += one ** 2;
  });
  return Math.sqrt(apart / whole);
}

Deno.test("quantize() makes a quarter of the bytes and nearly the same answers", async () => {
  const { model, quantized, kept, bytes } = await quantize(glyphs, some, quiet);
  assertEquals([quantized.length, kept.length], [8, 0]);
  assert(bytes.after < 0.28 * bytes.before);
  assert(distance(await answers(glyphs, others), await answers(model, others)) < 0.03);
  const before = await evaluate(glyphs, others, quiet);
  const after = await evaluate(model, others, quiet);
  assert(Math.abs(before.accuracy! - after.accuracy!) <= 0.03);
});

Deno.test("onnxruntime-web runs the integers and agrees with the float network", async () => {
  const { model } = await quantize(glyphs, some, quiet);
  const bytes = new Uint8Array(await new Blob(encodeModel(model) as BlobPart[]).arrayBuffer());
  const data = Float32Array.from({ length: 2 * 3072 }, (_, at) => 2 * Math.sin(at / 50));
  const x = { type: "float32", dims: [2, 3, 32, 32], data } as const;
  const found = await wasmAnswers(bytes, { name: "x", data, dims: x.dims });
  const expected = await answers(glyphs, arrays({ inputs: { x } }));
  assert(distance(expected, found) < 0.1);
});

Deno.test("a scale each channel is nearer than one for the whole weight", async () => {
  const graph = glyphs.graph.clone();
  const weight = graph.value("fc.weight");
  const { dims, data, type } = weight.constant!;
  // The first class's weights are much larger than the others'.
  const larger = Float32Array.from(
    data as Float32Array,
    (one, at) => at < dims[1]! ? 50 * one : one,
  );
  weight.constant = { type, dims, data: larger } as typeof weight.constant;
  const model = { ...glyphs, graph };
  const rest = async (one: Model) =>
    (await answers(one, others)).filter((_, at) => at % letters.length > 0);
  const expected = await rest(model);
  const fine = await quantize(model, some, quiet);
  const coarse = await quantize(model, some, { perChannel: false, ...quiet });
  const near = distance(expected, await rest(fine.model));
  const far = distance(expected, await rest(coarse.model));
  assert(far > 3 * near, `${near} and ${far}`);
});

Deno.test("a percentile cuts off what is rare", async () => {
  const backbone = await loadBackbone("digit_cnn", { weights: "random" });
  const data = Float32Array.from({ length: 8 * 784 }, (_, at) => Math.sin(at));
  data[100] = 1000;
  const set = arrays({ inputs: { x: { type: "float32", dims: [8, 1, 28, 28], data } } });
  const stepOf = async (percentile: number) => {
    const { model } = await quantize(backbone, set, { percentile, ...quiet });
    const first = [...model.graph.nodes].find(({ inputs: [x] }) => x?.name === "x")!;
    return Number(first.inputs[1]!.constant!.data[0]);
  };
  const [all, most] = [await stepOf(100), await stepOf(99.9)];
  assert(Math.abs(all - 1001 / 255) < 0.01, `${all}`);
  assert(most < 0.01, `${most}`);
});

Deno.test("quantize() leaves the layers alone that are to be kept, and names that do not exist", async () => {
  const { quantized, kept } = await quantize(glyphs, some, { keep: ["fc", /^stem/], ...quiet });
  assertEquals([quantized.length, kept], [6, ["stem.conv", "fc"]]);
  await assertRejects(
    () => quantize(glyphs, some, { keep: ["fcc"], ...quiet }),
    RangeError,
    "no node is called fcc",
  );
});

Deno.test("a saved integer model reads back with its weights, rounded, under their names", async () => {
  const { model } = await quantize(glyphs, some, quiet);
  const file = await Deno.makeTempFile({ suffix: ".onnx" });
  await saveModel(model, file);
  assert((await Deno.stat(file)).size < 0.28 * 1_684_642);
  const back = await loadBackbone(file);
  assertEquals(back.classes, glyphs.classes);
  const [whole, rounded] = [glyphs, back].map((one) =>
    one.parameters.get("fc.weight")!.value.data as Float32Array
  );
  whole!.forEach((one, at) => {
    const row = whole!.subarray(at - at % 128, at - at % 128 + 128);
    const step = row.reduce((most, each) => Math.max(most, Math.abs(each)), 0) / 63;
    assert(Math.abs(one - rounded![at]!) < 0.501 * step, `${at}: ${one}, ${rounded![at]}`);
  });
  assert(distance(await answers(model, others), await answers(back, others)) < 0.1);
  await Deno.remove(file);
});
