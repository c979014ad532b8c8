/**
 * On-device training artifacts: a network with a new head becomes the four files that ONNX Runtime's
 * training builds load, is trained step by step on the stock runtime, and exported. Then one round of
 * federated learning: three clients train from one checkpoint, and their parameters are averaged.
 *
 *     deno run -A examples/artifacts.ts [DIR]
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys
 */
import {
  type Artifacts,
  buildArtifacts,
  type Checkpoint,
  type Dataset,
  evaluate,
  exportInference,
  freeze,
  loadArtifacts,
  loadBackbone,
  openTrainer,
  type Preprocessing,
  replaceHead,
  saveArtifacts,
  type Tensors,
} from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";

const DIGITS = [..."0123456789"];
const BATCH = 20;
const folder = Deno.args[0] ?? "out/artifacts";

// 1. A network that learned letters, with a new head for digits, as files for training builds.
const backbone = await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url));
const model = replaceHead(freeze(backbone, "all"), { classes: DIGITS });
await saveArtifacts(await buildArtifacts(model, { target: "ort-1.19" }), folder);
const artifacts = await loadArtifacts(folder);
const preprocessing = artifacts.preprocessing!;
const valid = drawnGlyphs({ characters: DIGITS, perClass: 20, seed: 99 });

// 2. Step by step on the stock runtime, then out as a plain model.
const alone = await train(artifacts, drawnGlyphs({ characters: DIGITS, perClass: 20, seed: 1 }));
const file = `${folder}/digits.onnx`;
await exportInference(artifacts, file, { checkpoint: alone });
console.log(`one device: ${await accuracy(file)} % right`);

// 3. A federated round: clients see their own pictures only, and send nothing but parameters.
const clients: Checkpoint[] = [];
for (const seed of [11, 12, 13]) {
  const pictures = drawnGlyphs({ characters: DIGITS, perClass: 20, seed });
  clients.push(await train(artifacts, pictures));
}
const averaged = { ...artifacts, checkpoint: await average(artifacts, clients) };
await saveArtifacts(averaged, `${folder}/round1`);
await exportInference(averaged, file, { checkpoint: averaged.checkpoint });
console.log(`${clients.length} clients, averaged: ${await accuracy(file)} % right`);

/** Trains from the artifacts' checkpoint, some passes over the pictures. */
async function train(from: Artifacts, pictures: Dataset): Promise<Checkpoint> {
  const trainer = await openTrainer(from);
  trainer.learningRate = 0.01;
  const prepared = pictures.prepare!({ preprocessing });
  for (let step = 0; step < 5 * prepared.length / BATCH; step++) {
    await trainer.trainStep(await batchOf(prepared, step * BATCH % prepared.length, preprocessing));
    trainer.optimizerStep();
    trainer.lazyResetGrad();
  }
  const checkpoint = trainer.checkpoint();
  await trainer.release();
  return checkpoint;
}

/** The checkpoint whose trained parameters are the means of those given. */
async function average(from: Artifacts, all: readonly Checkpoint[]): Promise<Checkpoint> {
  const trainer = await openTrainer(from);
  const mean = new Float32Array(trainer.parametersSize());
  for (const checkpoint of all) {
    const client = await openTrainer({ ...from, checkpoint });
    client.copyParameters().forEach((number, i) => mean[i]! += number / all.length);
    await client.release();
  }
  trainer.loadParameters(mean);
  const checkpoint = trainer.checkpoint();
  await trainer.release();
  return checkpoint;
}

/** Pictures as the network wants them, `[N, C, H, W]`, with their classes. */
async function batchOf(data: Dataset, start: number, wanted: Preprocessing): Promise<Tensors> {
  const { heightPx, widthPx, range, mean, std } = wanted;
  const places = heightPx * widthPx;
  const x = new Float32Array(BATCH * 3 * places);
  const labels = new BigInt64Array(BATCH);
  for (let n = 0; n < BATCH; n++) {
    const { image, target } = (await data.get(start + n))!;
    labels[n] = BigInt(target as number);
    for (let i = 0; i < 3 * places; i++) {
      const channel = i % 3;
      const value = (image!.data[i]! * range / 255 - mean[channel]!) / std[channel]!;
      x[(3 * n + channel) * places + Math.floor(i / 3)] = value;
    }
  }
  return {
    [artifacts.inputs[0]!.name]: { type: "float32", dims: [BATCH, 3, heightPx, widthPx], data: x },
    labels: { type: "int64", dims: [BATCH], data: labels },
  };
}

async function accuracy(path: string): Promise<string> {
  const report = await evaluate(await loadBackbone(path), valid, { verbose: false });
  return (100 * report.accuracy!).toFixed(1);
}
