import { readCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { lowerTraining } from "../../../src/artifacts/read/lower_training.ts";
import {
  type AdamWUpdate,
  readOptimizerModel,
} from "../../../src/artifacts/read/optimizer_model.ts";
import { readTrainingModel } from "../../../src/artifacts/read/training_model.ts";
import { fixInputShapes } from "../../../src/onnx/passes/static_shapes.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../../src/runtime/static_graph.ts";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";

/** Official artifacts that train on the stock runtime, with AdamW. */
export interface OfficialTraining {
  /** One step on a batch; gives the loss before it. */
  step(feeds: Tensors): Promise<number>;
  /** The loss and the gradients of a batch. */
  gradients(feeds: Tensors): Promise<{ loss: number; gradients: Map<string, Float32Array> }>;
  readonly parameters: ReadonlyMap<string, Tensor>;
  release(): Promise<void>;
}

/** What the web runtime trains with. */
const LEARNING_RATE = 1e-3;

/** Reads a training model, a checkpoint and an optimizer for batches of the shapes of `feeds`. */
export async function loadOfficial(
  model: URL,
  checkpoint: URL,
  optimizer: URL,
  feeds: Tensors,
): Promise<OfficialTraining> {
  const { trainable, frozen } = await readCheckpoint(checkpoint);
  const { update } = await readOptimizerModel(await Deno.readFile(optimizer));
  if (update.kind !== "adamW") throw new Error("AdamW expected");
  const all = new Map([...trainable, ...frozen]);
  const training = await readTrainingModel(await Deno.readFile(model), new Set(all.keys()));
  const { graph } = training;
  const shapes = Object.fromEntries(training.inputs.map((name) => [name, feeds[name]!.dims]));
  fixInputShapes(graph, shapes);
  await lowerTraining(graph, (part) => makeStatic(cpu, part, () => false));
  const session = await cpu.session(encodeGraph(graph));
  const parameters = new Map(
    training.parameters.map((name) => [name, copied(all.get(name)!)] as const),
  );
  const moments = new Map<string, [Float32Array, Float32Array]>();
  let steps = 0;
  const gradients = async (feeds: Tensors) => {
    const results = await session.run({ ...feeds, ...Object.fromEntries(parameters) });
    const at = (position: number) => results[graph.outputs[position]!.name]!.data as Float32Array;
    const found = [...training.gradients].map(([name, position]) => [name, at(position)] as const);
    return { loss: Number(at(0)[0]), gradients: new Map(found) };
  };
  const step = async (feeds: Tensors) => {
    const { loss, gradients: found } = await gradients(feeds);
    steps++;
    for (const [name, gradient] of found) {
      const { data } = parameters.get(name)!;
      const size = gradient.length;
      const [m, v] = moments.get(name) ?? [new Float32Array(size), new Float32Array(size)];
      moments.set(name, [m, v]);
      adamStep(update, { parameters: data as Float32Array, gradient, m, v, step: steps });
    }
    return loss;
  };
  return { step, gradients, parameters, release: () => session.release() };
}

function copied({ dims, data }: Tensor): Tensor {
  return tensor("float32", dims, Float32Array.from(data as Float32Array));
}

/** The runtime's AdamW in its second mode. */
function adamStep(
  { alpha, beta, epsilon, weightDecay, mode }: AdamWUpdate,
  { parameters, gradient, m, v, step }: {
    readonly parameters: Float32Array;
    readonly gradient: Float32Array;
    readonly m: Float32Array;
    readonly v: Float32Array;
    readonly step: number;
  },
): void {
  if (mode !== 1) throw new Error("mode 1 expected");
  const corrected = LEARNING_RATE * Math.sqrt(1 - beta ** step) / (1 - alpha ** step);
  gradient.forEach((slope, i) => {
    m[i] = alpha * m[i]! + (1 - alpha) * slope;
    v[i] = beta * v[i]! + (1 - beta) * slope * slope;
    parameters[i]! -= corrected * m[i]! / (Math.sqrt(v[i]!) + epsilon);
    parameters[i]! -= LEARNING_RATE * weightDecay * parameters[i]!;
  });
}

/** Feeds as the reference's files have them: `{ name: { type, dims, data } }`. */
export async function readFeeds(path: URL): Promise<Tensors> {
  const written: Record<string, { type: "float32"; dims: number[]; data: number[] }> = JSON.parse(
    await Deno.readTextFile(path),
  );
  const feeds = Object.entries(written).map(([name, { type, dims, data }]) =>
    [name, tensor(type, dims, data)] as const
  );
  return Object.fromEntries(feeds);
}
