import { assert, assertEquals, assertRejects } from "@std/assert";
import { attachImageInput, IMAGES } from "../../src/artifacts/image_input.ts";
import { pictures } from "../../src/data/pictures.ts";
import { colorJitter } from "../../src/data/transforms/color_jitter.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { grayscale } from "../../src/data/transforms/grayscale.ts";
import { perspective } from "../../src/data/transforms/perspective.ts";
import { rotate } from "../../src/data/transforms/rotate.ts";
import { shear } from "../../src/data/transforms/shear.ts";
import { randomCrop } from "../../src/data/transforms/random_crop.ts";
import { randomResizedCrop } from "../../src/data/transforms/random_resized_crop.ts";
import { verticalFlip } from "../../src/data/transforms/vertical_flip.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu, runtimeFor } from "../../src/runtime/onnxruntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Augment, Preprocessing } from "../../src/tensor/dataset.ts";
import { batches, type HostBatch } from "../../src/train/loader.ts";
import { waves } from "../data/drawing.ts";
import { webGpuTest } from "../runtime/webgpu.ts";

const COUNT = 12;
const [HEIGHT, WIDTH] = [20, 24];

/** Pictures as they are, from 0 to 255. */
const preprocessing: Preprocessing = {
  heightPx: HEIGHT,
  widthPx: WIDTH,
  resizePx: 30,
  interpolation: "bilinear",
  range: 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  channels: "rgb",
  layout: "nhwc",
};

/** A batch of pictures `[heightPx, widthPx]`, changed while they are decoded or to be changed in a graph. */
async function batchOf(
  augment: Augment,
  { inGraph, size: [heightPx, widthPx] = [HEIGHT, WIDTH] }: {
    readonly inGraph: boolean;
    readonly size?: readonly [height: number, width: number] | undefined;
  },
): Promise<HostBatch> {
  const entries = Array.from({ length: COUNT }, () => ({ image: waves(widthPx, heightPx) }));
  const data = pictures(entries).prepare({ preprocessing, augment, seed: 3, inGraph });
  const order = Uint32Array.from({ length: COUNT }, (_, index) => index);
  const { value } = await batches(data, { batchSize: COUNT, order }).next();
  return value!;
}

/** What a graph makes of a batch, before the network. */
async function inGraph({ inputs }: HostBatch, runtime: Runtime): Promise<Float32Array> {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const input = graph.addInput("x", "float32", [COUNT, HEIGHT, WIDTH, 3]);
  const [y] = graph.add("Identity", [input], { outputs: ["y"] }).outputs;
  graph.outputs.push(Object.assign(y!, { type: "float32", shape: input.shape }));
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]));
  attachImageInput(graph, input, preprocessing, COUNT, shapes);
  const session = await runtime.session(encodeGraph(graph));
  const { y: made } = await session.run(inputs);
  await session.release();
  return made!.data as Float32Array;
}

/** Greatest and mean distance between what both ways give, in levels of 255. */
async function distance(augment: Augment, runtime: Runtime, size?: readonly [number, number]) {
  const known = (await batchOf(augment, { inGraph: false, size })).inputs[IMAGES]!;
  assertEquals(known.dims, [COUNT, HEIGHT, WIDTH, 3]);
  const found = await inGraph(await batchOf(augment, { inGraph: true, size }), runtime);
  let [most, sum] = [0, 0];
  (known.data as Uint8Array).forEach((level, at) => {
    const apart = Math.abs(level - found[at]!);
    most = Math.max(most, apart);
    sum += apart;
  });
  return { most, mean: sum / known.data.length };
}

const jitter = colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 });

/**
 * Bounds in levels: whole pixels are exact; a number may fall to either side of a level, and eight
 * bits between the passes of a resize are one. A part that is made smaller is resized by libvips on
 * the CPU, half a pixel from where PIL has it, in pictures that change by 20 levels a pixel. Places that single
 * precision takes across an edge are few.
 */
const cases: readonly {
  readonly name: string;
  readonly augment: Augment;
  readonly most: number;
  readonly mean: number;
  readonly size?: readonly [height: number, width: number];
}[] = [
  { name: "flips", augment: [horizontalFlip(), verticalFlip()], most: 0, mean: 0 },
  { name: "a crop into black", augment: [randomCrop({ paddingPx: 6 })], most: 0, mean: 0 },
  { name: "grey", augment: [grayscale({ probability: 0.5 })], most: 1, mean: 0.05 },
  { name: "a turn", augment: [rotate({ degrees: 40 })], most: 255, mean: 0.1 },
  {
    name: "a bilinear turn",
    augment: [rotate({ degrees: 40, interpolation: "bilinear", fill: [9, 8, 7] })],
    most: 1,
    mean: 0.1,
  },
  { name: "a shear", augment: [shear({ xDegrees: 20, yDegrees: 10 })], most: 255, mean: 0.1 },
  { name: "a perspective", augment: [perspective({ probability: 0.7 })], most: 255, mean: 0.3 },
  { name: "brightness, contrast, saturation", augment: [jitter], most: 1, mean: 0.05 },
  // The whole picture is as large as what evaluation resizes to.
  {
    name: "a crop that is enlarged",
    augment: [randomResizedCrop({ scale: [0.1, 0.4] })],
    most: 1,
    mean: 0.3,
    size: [30, 36],
  },
  { name: '"gentle"', augment: "gentle", most: 12, mean: 1.5, size: [30, 36] },
  // Resized twice, and the second time out of less.
  { name: "a crop of a large picture", augment: "imagenet", most: 40, mean: 3, size: [75, 90] },
];

for (const { name, augment, most, mean, size } of cases) {
  Deno.test(`${name} in a graph is that of decoding`, async () => {
    const found = await distance(augment, cpu, size);
    assert(found.most <= most && found.mean <= mean, JSON.stringify(found));
  });
}

Deno.test("what is drawn for a graph changes pictures, each in its own way and anew each epoch", async () => {
  const plain = await batchOf("none", { inGraph: true });
  assertEquals(Object.keys(plain.inputs), [IMAGES]);
  const made = await inGraph(await batchOf([jitter, randomCrop()], { inGraph: true }), cpu);
  const each = made.length / COUNT;
  const rows = Array.from({ length: COUNT }, (_, row) => made.slice(row * each, (row + 1) * each));
  assertEquals(new Set(rows.map((row) => row.join())).size, COUNT);
});

Deno.test("a change that has no form in a graph is named", async () => {
  await assertRejects(
    () => batchOf([colorJitter({ hue: 0.1 })], { inGraph: true }),
    RangeError,
    '"colorJitter" cannot be part of a graph',
  );
});

webGpuTest("random changes of pictures in a graph on WebGPU are those of decoding", async () => {
  const runtime = await runtimeFor("webgpu", () => {});
  const found = await distance("gentle", runtime, [30, 36]);
  assert(found.most <= 12 && found.mean <= 1.5, JSON.stringify(found));
  const exact = await distance([randomCrop(), horizontalFlip(), verticalFlip()], runtime);
  assertEquals(exact, { most: 0, mean: 0 });
  const turned = await distance([rotate({ degrees: 40, interpolation: "bilinear" })], runtime);
  assert(turned.mean <= 0.1, JSON.stringify(turned));
});
