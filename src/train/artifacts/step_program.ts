import { lowerTraining } from "../../artifacts/read/lower_training.ts";
import type { TrainingModel } from "../../artifacts/read/training_model.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import { fixInputShapes } from "../../onnx/passes/static_shapes.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Runtime, Session, Tensors } from "../../runtime/runtime.ts";
import { makeStatic } from "../../runtime/static_graph.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What a training step gives. */
export interface StepOutputs {
  /** The model's own outputs by name, the loss first. */
  readonly outputs: Record<string, Tensor>;
  /** The gradient of each trainable parameter. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** The new value of each running statistic. */
  readonly running: ReadonlyMap<string, Tensor>;
}

/** An official training model on the stock runtime, compiled for each shape of what it is fed. */
export class StepProgram {
  readonly #sessions = new Map<string, Promise<Compiled>>();
  /** Names of the model's own outputs. */
  readonly outputs: readonly string[];

  /** `training` is not changed. */
  constructor(readonly runtime: Runtime, readonly training: TrainingModel) {
    const { graph, gradients, running } = training;
    const own = graph.outputs.length - gradients.size - running.size;
    this.outputs = graph.outputs.slice(0, own).map(({ name }) => name);
  }

  /**
   * One forward and backward pass. Gradients are written into the tensors of `into` where it names
   * their parameters.
   */
  async run(feeds: Tensors, parameters: Tensors, into: Tensors = {}): Promise<StepOutputs> {
    const { training } = this;
    const given = pick("trainStep", training.graph.inputs, training.inputs, feeds);
    const key = JSON.stringify(training.inputs.map((name) => given[name]!.dims));
    let compiling = this.#sessions.get(key);
    if (!compiling) {
      compiling = compile(this.runtime, training, given);
      this.#sessions.set(key, compiling);
    }
    const { session, names } = await compiling;
    const places = [...training.gradients].flatMap(([name, position]) =>
      into[name] ? [[names[position]!, into[name]] as const] : []
    );
    const fed = Object.fromEntries(
      session.inputs.map((name) => [name, given[name] ?? parameters[name]!]),
    );
    const results = await session.run(fed, Object.fromEntries(places));
    const at = (positions: ReadonlyMap<string, number>) =>
      new Map([...positions].map(([name, position]) => [name, results[names[position]!]!]));
    return {
      outputs: Object.fromEntries(
        this.outputs.map((name, position) => [name, results[names[position]!]!]),
      ),
      gradients: at(training.gradients),
      running: at(training.running),
    };
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    for (const compiling of this.#sessions.values()) {
      await compiling.then(({ session }) => session.release(), () => {});
    }
    this.#sessions.clear();
  }
}

interface Compiled {
  readonly session: Session;
  /** What the outputs are called after lowering. */
  readonly names: readonly string[];
}

async function compile(runtime: Runtime, training: TrainingModel, feeds: Tensors) {
  const graph: Graph = training.graph.clone();
  fixInputShapes(
    graph,
    Object.fromEntries(training.inputs.map((name) => [name, feeds[name]!.dims])),
  );
  await lowerTraining(graph, (part) => makeStatic(part, () => false));
  const session = await runtime.session(encodeGraph(graph));
  return { session, names: graph.outputs.map(({ name }) => name) };
}

/** The tensors of `feeds` that are wanted. Throws `TypeError` where one is missing, or of a wrong type. */
export function pick(
  what: string,
  inputs: readonly Value[],
  names: readonly string[],
  feeds: Tensors,
): Record<string, Tensor> {
  const known = names.map((name) => `"${name}"`).join(", ");
  const strange = Object.keys(feeds).find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new TypeError(`${what}(): there is no input "${strange}"; the inputs are ${known}`);
  }
  return Object.fromEntries(names.map((name) => {
    const feed = feeds[name];
    if (!feed) throw new TypeError(`${what}(): input "${name}" is missing; it takes ${known}`);
    const type = inputs.find((input) => input.name === name)?.type;
    if (type !== undefined && type !== feed.type) {
      throw new TypeError(`${what}(): input "${name}" must be ${type}, found ${feed.type}`);
    }
    return [name, feed];
  }));
}
