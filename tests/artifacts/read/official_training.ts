import { readCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { lowerTraining } from "../../../src/artifacts/read/lower_training.ts";
import { readTrainingModel } from "../../../src/artifacts/read/training_model.ts";
import { fixInputShapes } from "../../../src/onnx/passes/static_shapes.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../../src/runtime/static_graph.ts";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";

/** Official artifacts that train on the stock runtime, with AdamW as `artifacts.py` sets it. */
export interface OfficialTraining {
  /** One step on a batch; gives the loss before it. */
  step(feeds: Tensors): Promise<number>;
  /** The loss and the gradients of a batch. */
  gradients(feeds: Tensors): Promise<{ loss: number; gradients: Map<string, Float32Array> }>;
  readonly parameters: ReadonlyMap<string, Tensor>;
  release(): Promise<void>;
}

const ADAM = { rate: 1e-3, alpha: 0.9, beta: 0.999, epsilon: 1e-6 };

/** Reads a training model and a checkpoint for batches of the shapes of `feeds`. */
export async function loadOfficial(
  model: URL,
  checkpoint: URL,
  feeds: Tensors,
): Promise<OfficialTraining> {
  const { trainable, frozen } = await readCheckpoint(checkpoint);
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
      adamStep(data as Float32Array, gradient, m, v, steps);
    }
    return loss;
  };
  return { step, gradients, parameters, release: () => session.release() };
}

function copied({ dims, data }: Tensor): Tensor {
  return tensor("float32", dims, Float32Array.from(data as Float32Array));
}

/** The runtime's AdamW in its second mode, without decay. */
function adamStep(
  parameters: Float32Array,
  gradients: Float32Array,
  m: Float32Array,
  v: Float32Array,
  step: number,
): void {
  const { rate, alpha, beta, epsilon } = ADAM;
  const corrected = rate * Math.sqrt(1 - beta ** step) / (1 - alpha ** step);
  gradients.forEach((gradient, i) => {
    m[i] = alpha * m[i]! + (1 - alpha) * gradient;
    v[i] = beta * v[i]! + (1 - beta) * gradient * gradient;
    parameters[i]! -= corrected * m[i]! / (Math.sqrt(v[i]!) + epsilon);
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
