import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { loadBackbone } from "../../models/load_backbone.ts";
import { imageFolder } from "../../src/data/image_folder.ts";
import { subset } from "../../src/data/subset.ts";
import type { Model } from "../../src/onnx/model.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { freeze } from "../../src/onnx/select.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { fit } from "../../src/train/fit.ts";
import { predict } from "../../src/workflow/predict.ts";
import { sharedTest } from "../shared.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function glyphs(): Promise<Model> {
  const backbone = await loadBackbone(new URL("../../models/glyphs.onnx", import.meta.url).href);
  return replaceHead(backbone, { classes: ["ant", "bee"] });
}

Deno.test("a saved model comes back with its classes, preprocessing, weights and outputs", () =>
  inFolder(async (folder) => {
    const model = await glyphs();
    const path = join(folder, "model.onnx");
    await saveModel(model, path);
    const again = await loadBackbone(path);
    assertEquals(again.classes, ["ant", "bee"]);
    assertEquals(again.preprocessing, model.preprocessing);
    assertEquals(again.outputs, model.outputs);
    assertEquals([...again.parameters.keys()], [...model.parameters.keys()]);
    for (const [name, { value }] of model.parameters) {
      assertEquals(again.parameters.get(name)!.value.data, value.data);
    }
  }));

Deno.test("saveModel() replaces a file whole and leaves nothing beside it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.onnx");
    await Deno.writeTextFile(path, "what was there before");
    await saveModel(await glyphs(), path);
    assertEquals((await loadBackbone(path)).classes, ["ant", "bee"]);
    assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name), ["model.onnx"]);
  }));

Deno.test("saveModel() says why a path cannot be written, and leaves what is there", () =>
  inFolder(async (folder) => {
    const model = await glyphs();
    await assertRejects(() => saveModel(model, join(folder, "no", "m.onnx")), Error, "no");
    await assertRejects(() => saveModel(model, folder), Error, "folder");
    assertEquals([...Deno.readDirSync(folder)], []);
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "what was there before");
    const inFile = join(file, "m.onnx");
    await assertRejects(() => saveModel(model, inFile), Error, `Cannot write ${inFile}`);
    assertEquals(await Deno.readTextFile(file), "what was there before");
  }));

Deno.test("saveModel() leaves what was there, and nothing beside it, where writing fails midway", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.onnx");
    await Deno.writeTextFile(path, "what was there before");
    const model = await glyphs();
    const { write } = Deno.FsFile.prototype;
    let room = 10_000;
    try {
      Deno.FsFile.prototype.write = function (bytes) {
        if (room <= 0) return Promise.reject(new Error("No space left on device"));
        const part = bytes.subarray(0, room);
        room -= part.length;
        return write.call(this, part);
      };
      await assertRejects(
        () => saveModel(model, path),
        Error,
        `Cannot write ${path}: No space left on device`,
      );
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assertEquals(room, 0, "some of it was written");
    assertEquals(await Deno.readTextFile(path), "what was there before");
    assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name), ["model.onnx"]);
  }));

Deno.test("saveModel() goes on where the system writes less than was asked", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.onnx");
    const model = await glyphs();
    const { write } = Deno.FsFile.prototype;
    try {
      Deno.FsFile.prototype.write = function (bytes) {
        return write.call(this, bytes.subarray(0, 5_000));
      };
      await saveModel(model, path);
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    const again = (await loadBackbone(path)).parameters.get("head.weight")!;
    assertEquals(again.value.data, model.parameters.get("head.weight")!.value.data);
  }));

Deno.test("saveModel() takes a file URL, with spaces and signs", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ants & bees 100%.onnx");
    await saveModel(await glyphs(), toFileUrl(path));
    assertEquals((await loadBackbone(path)).classes, ["ant", "bee"]);
  }));

Deno.test("the probabilities of a saved model are the softmax of its logits", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.onnx");
    const backbone = await loadBackbone(new URL("../../models/glyphs.onnx", import.meta.url).href);
    await saveModel(replaceHead(backbone, { classes: ["ant", "bee", "wasp"] }), path);
    // Once more from the file: the second output is added once.
    await saveModel(await loadBackbone(path), path);
    const session = await InferenceSession.create(await Deno.readFile(path));
    assertEquals(session.outputNames, ["logits", "probabilities"]);
    const shape = backbone.inputs[0]!.shape.map((dim) => typeof dim === "number" ? dim : 4);
    const x = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * i));
    const found = await session.run({
      [session.inputNames[0]!]: new PlainTensor("float32", x, shape),
    });
    const logits = [...found["logits"]!.data as Float32Array];
    const probabilities = [...found["probabilities"]!.data as Float32Array];
    assertEquals(probabilities.length, 12);
    probabilities.forEach((probability, i) => {
      const row = logits.slice(i - i % 3, i - i % 3 + 3).map(Math.exp);
      assertAlmostEquals(probability, row[i % 3]! / row.reduce((sum, one) => sum + one), 1e-5);
    });
    assert(Math.max(...probabilities) - Math.min(...probabilities) > 1e-3);
  }));

Deno.test("a saved model that predicts numbers has no probabilities", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.onnx");
    const backbone = await loadBackbone("digit_cnn", { weights: "random" });
    await saveModel(replaceHead(backbone, { outputs: 2, task: "regression" }), path);
    const session = await InferenceSession.create(await Deno.readFile(path));
    assertEquals(session.outputNames, ["output"]);
  }));

sharedTest(
  "a fine-tuned model gives predict()'s probabilities in plain ONNX Runtime",
  ["data/models/squeezenet1.1.onnx", "data/images/hymenoptera_data/val"],
  (file, images) =>
    inFolder(async (folder) => {
      const pictures = subset(await imageFolder(images!), [0, 1, 80, 81]);
      const backbone = freeze(await loadBackbone(file!.href), "all");
      const head = replaceHead(backbone, { classes: pictures.classes! });
      const { model } = await fit(head, pictures, { epochs: 2, verbose: false });
      const path = join(folder, "model.onnx");
      await saveModel(model, path);
      const session = await InferenceSession.create(await Deno.readFile(path));
      const { mean, std, heightPx, widthPx } = model.preprocessing!;
      const places = heightPx * widthPx;
      const ready = pictures.prepare!({ preprocessing: model.preprocessing! });
      const predictions = await predict(model, pictures, { verbose: false });
      const reread = await predict(await loadBackbone(path), pictures, { verbose: false });
      for (let n = 0; n < pictures.length; n++) {
        const { data } = (await ready.get(n))!.image!;
        const x = new Float32Array(3 * places);
        for (let c = 0; c < 3; c++) {
          for (let i = 0; i < places; i++) {
            x[c * places + i] = (data[3 * i + c]! / 255 - mean[c]!) / std[c]!;
          }
        }
        const input = new PlainTensor("float32", x, [1, 3, heightPx, widthPx]);
        const results = await session.run({ [session.inputNames[0]!]: input });
        const plain = results["probabilities"]!.data as Float32Array;
        assert(Math.abs(plain[0]! - 0.5) > 1e-4);
        for (const list of [predictions[n]!, reread[n]!]) {
          for (const { index, probability } of list) {
            assertAlmostEquals(probability, plain[index]!, 1e-5);
          }
        }
      }
    }),
);
