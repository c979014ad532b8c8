import { readCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { compileUpdate } from "../../../src/artifacts/update/compile_update.ts";
import type { UpdateArrays } from "../../../src/artifacts/update/interpret.ts";
import type { UpdateRule } from "../../../src/artifacts/update/update_rule.ts";
import { lowerTraining } from "../../../src/artifacts/read/lower_training.ts";
import { clipFactor, updateRuleOf } from "../../../src/artifacts/read/official_update.ts";
import { readOptimizerModel } from "../../../src/artifacts/read/optimizer_model.ts";
import { readTrainingModel } from "../../../src/artifacts/read/training_model.ts";
import { fixInputShapes } from "../../../src/onnx/passes/static_shapes.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../../src/runtime/static_graph.ts";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";

/** Official artifacts that train on the stock runtime. */
export interface OfficialTraining {
  /** One step on a batch; gives the loss before it. */
  step(feeds: Tensors): Promise<number>;
  /** The loss and the gradients of a batch. */
  gradients(feeds: Tensors): Promise<{ loss: number; gradients: Map<string, Float32Array> }>;
  readonly parameters: ReadonlyMap<string, Tensor>;
  release(): Promise<void>;
}

/** Reads a training model, a checkpoint and an optimizer for batches of the shapes of `feeds`. */
export async function loadOfficial(
  model: URL,
  checkpoint: URL,
  optimizer: URL,
  feeds: Tensors,
): Promise<OfficialTraining> {
  const { trainable, frozen } = await readCheckpoint(checkpoint);
  const settings = await readOptimizerModel(await Deno.readFile(optimizer));
  const rule = updateRuleOf(settings);
  const all = new Map([...trainable, ...frozen]);
  const training = await readTrainingModel(await Deno.readFile(model), new Set(all.keys()));
  const { graph } = training;
  const shapes = Object.fromEntries(training.inputs.map((name) => [name, feeds[name]!.dims]));
  fixInputShapes(graph, shapes);
  await lowerTraining(graph, (part) => makeStatic(part, () => false));
  const session = await cpu.session(encodeGraph(graph));
  const parameters = new Map(
    training.parameters.map((name) => [name, copied(all.get(name)!)] as const),
  );
  const state = new Map(
    [...training.gradients.keys()].map((name) => {
      const { length } = parameters.get(name)!.data;
      return [name, rule.state.map(() => new Float32Array(length))] as const;
    }),
  );
  const update = updater(
    rule,
    Math.max(...[...parameters.values()].map(({ data }) => data.length)),
  );
  let steps = 0;
  const gradients = async (feeds: Tensors) => {
    const results = await session.run({ ...feeds, ...Object.fromEntries(parameters) });
    const at = (position: number) => results[graph.outputs[position]!.name]!.data as Float32Array;
    const found = [...training.gradients].map(([name, position]) => [name, at(position)] as const);
    const running = [...training.running].map(([name, position]) => [name, at(position)] as const);
    return { loss: Number(at(0)[0]), gradients: new Map(found), running };
  };
  const step = async (feeds: Tensors) => {
    const { loss, gradients: found, running } = await gradients(feeds);
    for (const [name, statistic] of running) {
      (parameters.get(name)!.data as Float32Array).set(statistic);
    }
    steps++;
    const factor = clipFactor(settings, normOf([...found.values()]));
    for (const [name, gradient] of found) {
      const arrays = {
        parameters: parameters.get(name)!.data as Float32Array,
        gradients: gradient.map((slope) => slope * factor),
        state: state.get(name)!,
      };
      update(arrays, steps);
    }
    return loss;
  };
  return { step, gradients, parameters, release: () => session.release() };
}

function copied({ dims, data }: Tensor): Tensor {
  return tensor("float32", dims, Float32Array.from(data as Float32Array));
}

/** Takes the rule's steps on arrays of up to `most` elements, in a memory of its own. */
function updater(rule: UpdateRule, most: number): (arrays: UpdateArrays, step: number) => void {
  const count = 2 + rule.state.length;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(count * most * 4 / 65536) });
  const pass = compileUpdate(rule, memory);
  const [parameters, gradients, ...state] = Array.from({ length: count }, (_, i) => 4 * i * most);
  return (arrays, step) => {
    const { length } = arrays.parameters;
    const all = [arrays.parameters, arrays.gradients, ...arrays.state];
    const views = all.map((_, i) => new Float32Array(memory.buffer, 4 * i * most, length));
    all.forEach((array, i) => views[i]!.set(array));
    const at = { count: length, parameters: parameters!, gradients: gradients!, state };
    pass.run(at, step, rule.learningRate);
    all.forEach((array, i) => array.set(views[i]!));
  };
}

function normOf(arrays: readonly Float32Array[]): number {
  const squares = arrays.map((array) => array.reduce((sum, x) => sum + x * x, 0));
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
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
