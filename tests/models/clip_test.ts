import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { clipImage, clipText, zeroShot } from "../../models/clip.ts";
import { tower, twoTowers } from "../../models/two_towers.ts";
import { infoNce } from "../../src/artifacts/losses/info_nce.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { freeze } from "../../src/onnx/select.ts";
import { taskOf } from "../../src/onnx/task.ts";
import { rng } from "../../src/tensor/rng.ts";
import { sha256 } from "../../src/tensor/sha256.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";
import { fit } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { filled, type GoldenShapes, wave } from "./golden_weights.ts";

interface Golden extends GoldenShapes {
  readonly small: GoldenShapes & {
    readonly image: Readonly<Record<string, number>>;
    readonly text: Readonly<Record<string, number>>;
    readonly inputs: Readonly<Record<string, readonly (readonly number[])[]>>;
    readonly imageEmbeddings: readonly number[];
    readonly textEmbeddings: readonly number[];
    readonly scale: number;
    readonly outputs: readonly number[];
  };
}

const url = new URL("golden/transformers.json", import.meta.url);
const golden = JSON.parse(await Deno.readTextFile(url)).networks.clip as Golden;
const quiet = { device: "cpu", verbose: false } as const;

/** Both towers and the temperature, which the network of transformers has as a weight as well. */
async function shapesOf(towers: readonly Model[]): Promise<GoldenShapes> {
  const all = towers.flatMap(({ parameters }) => [...parameters.values()]);
  const lines = ["logit_scale ", ...all.map(({ name, shape }) => `${name} ${shape}`)].sort();
  return {
    parameters: 1 + all.reduce((sum, { size }) => sum + size, 0),
    shapes: await sha256(lines.join("\n")),
  };
}

function goldenWeights(model: Model): Model {
  const weights = [...model.parameters.values()].map(({ name, shape }) =>
    [name, filled(name, shape)] as const
  );
  return withWeights(model, new Map(weights));
}

async function embedded(model: Model, inputs: Readonly<Record<string, Tensor>>) {
  const layer = model.outputs[0]!.name;
  const { data, shape } = await extractFeatures(model, arrays({ inputs }), { ...quiet, layer });
  return tensor("float32", shape, Float32Array.from(data));
}

function assertClose(found: ArrayLike<number>, wanted: readonly number[]) {
  const largest = Math.max(...wanted.map(Math.abs));
  assertEquals(found.length, wanted.length);
  wanted.forEach((value, i) => assertAlmostEquals(found[i]!, value, 2e-5 * largest));
}

Deno.test("the towers of CLIP have the weights of CLIPModel", async () => {
  assertEquals(await shapesOf([clipImage(), clipText()]), {
    parameters: golden.parameters,
    shapes: golden.shapes,
  });
});

Deno.test("the towers of CLIP give the embeddings of CLIPModel, and zeroShot() its logits", async () => {
  const { image, text, inputs, scale, ...wanted } = golden.small;
  const towers = [clipImage(image), clipText(text)] as const;
  const { parameters, shapes } = golden.small;
  assertEquals(await shapesOf(towers), { parameters, shapes });
  const [pictures, texts] = towers.map(goldenWeights) as [Model, Model];
  const x = tensor("float32", [2, 3, 8, 8], Float32Array.from(wave("x", 2 * 3 * 64)));
  const tokens = Object.fromEntries(
    Object.entries(inputs).map(([name, rows]) => [name, int64s(rows.flat(), [3, 7])]),
  );
  assertClose((await embedded(pictures, { x })).data, wanted.imageEmbeddings);
  const words = await embedded(texts, tokens);
  assertClose(words.data, wanted.textEmbeddings);
  const model = zeroShot(pictures, words, { classes: ["a", "b", "c"], scale });
  const { outputs } = await valueAndGrad(model, { x }, int64s([0, 1]));
  assertClose(outputs.logits!.data as Float32Array, wanted.outputs);
});

const IMAGE = { sizePx: 8, patchPx: 4, layers: 1, hidden: 16, heads: 2, embedding: 8 };
const TEXT = { vocabulary: 12, maxPositions: 6, layers: 1, hidden: 16, heads: 2, embedding: 8 };

/** Noise with a brighter left or right half. */
function halves(count: number, seed: number) {
  const random = rng("halves", seed);
  const data = new Float32Array(count * 3 * 64);
  const labels = Array.from({ length: count }, () => random.integer(2));
  for (let i = 0; i < data.length; i++) {
    const side = i % 8 < 4 ? 0 : 1;
    data[i] = 0.5 * random.normal() + (labels[Math.floor(i / 192)] === side ? 1.5 : 0);
  }
  return arrays({
    inputs: { x: tensor("float32", [count, 3, 8, 8], data) },
    targets: int64s(labels),
    classes: ["left", "right"],
  });
}

/** "left ■" and "right ■" as a small text tower embeds them. */
async function captions(): Promise<Tensor> {
  const ids = int64s([1, 3, 11, 1, 4, 11], [2, 3]);
  return await embedded(clipText(TEXT), {
    input_ids: ids,
    attention_mask: int64s([1, 1, 1, 1, 1, 1], [2, 3]),
  });
}

Deno.test("zeroShot() is a linear probe where the tower is frozen, and fine-tunes the tower else", async () => {
  const classes = ["left", "right"];
  const model = zeroShot(clipImage(IMAGE), await captions(), { classes, scale: 10 });
  assertEquals([taskOf(model), model.outputs[0]!.name], ["classification", "logits"]);
  const [train, valid] = [halves(160, 1), halves(64, 2)];
  const options = { ...quiet, epochs: 8, batchSize: 16, optimizer: adam({ learningRate: 3e-3 }) };
  const probe = await fit(freeze(model, "backbone"), train, options);
  const [first, last] = [probe.history.epochs[0]!.loss, probe.history.epochs.at(-1)!.loss];
  assert(last < first, `${first} to ${last}`);
  const name = "vision_model.encoder.layers.0.mlp.fc1.weight";
  const weight = (one: Model) => one.parameters.get(name)!.value.data;
  assertEquals(weight(probe.model), weight(model));
  const tuned = await fit(model, train, options);
  const { accuracy } = await evaluate(tuned.model, valid, quiet);
  assert(accuracy! > 0.9, `${accuracy}`);
});

Deno.test("gradients reach every weight of both towers", async () => {
  const x = tensor("float32", [2, 3, 8, 8], Float32Array.from(wave("x", 2 * 3 * 64)));
  const image = clipImage(IMAGE);
  const target = tensor("float32", [2, 8], new Float32Array(16).fill(1));
  const seen = await valueAndGrad(image, { x }, target, { loss: "mse" });
  assertEquals([...seen.gradients.keys()], [...image.parameters.keys()]);
  const text = clipText(TEXT);
  const ids = int64s([1, 3, 11, 1, 11, 0], [2, 3]);
  const inputs = { input_ids: ids, attention_mask: int64s([1, 1, 1, 1, 1, 0], [2, 3]) };
  const read = await valueAndGrad(text, inputs, target, { loss: "mse" });
  assertEquals([...read.gradients.keys()], [...text.parameters.keys()]);
  const words = read.gradients.get("text_model.embeddings.token_embedding.weight")!.data;
  assert(words.subarray(3 * 16, 4 * 16).some((value) => value !== 0));
  assert(words.subarray(0, 16).every((value) => value === 0), "what follows the end is not read");
});

Deno.test("CLIP refuses wrong options and texts of another width", () => {
  assertThrows(() => clipImage({ sizePx: 30, patchPx: 8 }), RangeError, '"sizePx"');
  assertThrows(() => clipText({ hidden: 10, heads: 4 }), RangeError, '"hidden"');
  const texts = tensor("float32", [2, 5], new Float32Array(10));
  assertThrows(
    () => zeroShot(clipImage(IMAGE), texts, { classes: ["a", "b"] }),
    TypeError,
    "must be float32[2,8]",
  );
});

Deno.test("two towers learn which caption belongs to a picture, and find it alone", async () => {
  const model = twoTowers(clipImage(IMAGE), clipText(TEXT));
  const tokens = (labels: readonly number[]) => ({
    input_ids: int64s(labels.flatMap((label) => [1, 3 + label, 11]), [labels.length, 3]),
    attention_mask: int64s(labels.flatMap(() => [1, 1, 1]), [labels.length, 3]),
  });
  const examples = halves(128, 1);
  const rows = Array.from({ length: 128 }, (_, i) => examples.target!(i)!);
  const pixels = await Promise.all(rows.map(async (_, i) => (await examples.get(i))!.inputs!.x!));
  const data = Float32Array.from(pixels.flatMap((one) => [...one.data as Float32Array]));
  const inputs = { x: tensor("float32", [128, 3, 8, 8], data), ...tokens(rows) };
  const { model: tuned, history } = await fit(model, arrays({ inputs, targets: int64s(rows) }), {
    ...quiet,
    epochs: 8,
    batchSize: 16,
    loss: infoNce({ output: "text_embeds", temperature: 0.1 }),
    optimizer: adam({ learningRate: 3e-3 }),
  });
  // Eight of sixteen say something else: chance is ln 9.
  const [first, last] = [history.epochs[0]!.loss, history.epochs.at(-1)!.loss];
  assert(last < first && last < 0.3, `${first} to ${last}`);
  const words = await embedded(tower(tuned, "text_embeds"), tokens([0, 1]));
  const classes = ["left", "right"];
  const { accuracy } = await evaluate(
    zeroShot(tower(tuned, "image_embeds"), words, { classes }),
    halves(64, 2),
    quiet,
  );
  assert(accuracy! > 0.9, `${accuracy}`);
});
