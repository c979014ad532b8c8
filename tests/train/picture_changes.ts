import { assertEquals } from "@std/assert";
import { attachImageInput, IMAGES } from "../../src/artifacts/image_input.ts";
import { pictures } from "../../src/data/pictures.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Augment, Preprocessing } from "../../src/tensor/dataset.ts";
import { batches, type HostBatch } from "../../src/train/loader.ts";
import { waves } from "../data/drawing.ts";

/** Pictures in a batch. */
export const COUNT = 12;
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
export async function batchOf(
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
export async function inGraph({ inputs }: HostBatch, runtime: Runtime): Promise<Float32Array> {
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
export async function distance(
  augment: Augment,
  runtime: Runtime,
  size?: readonly [number, number],
) {
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
