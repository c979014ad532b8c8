import type { Graph, Value } from "../../onnx/graph.ts";
import { readGraph } from "../../onnx/read_model.ts";
import { bufferOf, flagOf, RESET, updatedOf } from "./names.ts";

/** An official training model as a graph that gives the loss and the gradients of one batch. */
export interface TrainingModel {
  /** The graph. Its outputs are the model's own, the loss first, then the gradients. */
  readonly graph: Graph;
  /** Names of the inputs that are fed: data, then labels or targets. */
  readonly inputs: readonly string[];
  /** Names of the inputs that are parameters, in order. */
  readonly parameters: readonly string[];
  /** Where in `graph.outputs` the gradient of each trainable parameter is. */
  readonly gradients: ReadonlyMap<string, number>;
  /** Where in `graph.outputs` the new value of each running statistic is. */
  readonly running: ReadonlyMap<string, number>;
}

/**
 * Reads a `training_model.onnx`. What accumulates gradients is left out: its buffers, its flag and
 * its outputs. `parameters` are the names in the checkpoint. Throws `SyntaxError` where the bytes
 * are not a training model.
 */
export async function readTrainingModel(
  bytes: Uint8Array,
  parameters: ReadonlySet<string>,
): Promise<TrainingModel> {
  const { graph } = await readGraph(bytes, { file: "The training model" });
  const accumulated = new Map([...takeAccumulators(graph), ...takeSums(graph, parameters)]);
  const own = graph.inputs.map((input) => input.name).filter((name) => parameters.has(name));
  const gradients = new Map<string, number>();
  const running = new Map<string, number>();
  for (const name of own) {
    const statistic = accumulated.get(name);
    if (statistic) running.set(name, graph.outputs.push(statistic) - 1);
    const gradient = accumulated.get(bufferOf(name));
    if (!gradient) continue;
    gradients.set(name, graph.outputs.push(gradient) - 1);
  }
  if (gradients.size === 0) {
    throw new SyntaxError(
      "The file is no training model of ONNX Runtime: no gradient of a parameter in the " +
        "checkpoint is accumulated in it",
    );
  }
  exposeRunning(graph, new Set(own), running);
  dropUnread(graph, [RESET, ...own.map(bufferOf)]);
  const inputs = graph.inputs.map((input) => input.name).filter((name) => !parameters.has(name));
  return { graph, inputs, parameters: own, gradients, running };
}

/** Removes the nodes that accumulate; gives what went into each buffer, or over each statistic. */
function takeAccumulators(graph: Graph): Map<string, Value> {
  const gradients = new Map<string, Value>();
  for (const node of [...graph.nodes]) {
    if (node.opType !== "InPlaceAccumulatorV2") continue;
    const [buffer, gradient] = node.inputs;
    if (!buffer || !gradient) throw new SyntaxError(`The training model's ${node} lacks an input`);
    gradients.set(buffer.name, gradient);
    for (const output of node.outputs) {
      const at = output ? graph.outputs.indexOf(output) : -1;
      if (at >= 0) graph.outputs.splice(at, 1);
    }
    graph.remove(node);
  }
  return gradients;
}

/**
 * The same of the stock form, in which the sums, and the new statistics, are outputs: drops these and
 * gives the gradient that was added, or the statistic, by buffer.
 */
function takeSums(graph: Graph, parameters: ReadonlySet<string>): Map<string, Value> {
  const gradients = new Map<string, Value>();
  for (const name of parameters) {
    const sum = graph.outputs.find((output) => output.name === flagOf(name));
    const statistic = graph.outputs.find((output) => output.name === updatedOf(name));
    const gradient = sum?.producer?.opType === "Where" ? sum.producer.inputs[1] : undefined;
    if (gradient) gradients.set(bufferOf(name), gradient);
    if (statistic?.producer) gradients.set(name, statistic.producer.inputs[0]!);
    for (const output of [gradient && sum, statistic]) {
      if (!output) continue;
      graph.outputs.splice(graph.outputs.indexOf(output), 1);
      const adding = gradient && output.producer!.inputs[2]?.producer;
      graph.remove(output.producer!);
      if (adding) graph.remove(adding);
    }
  }
  return gradients;
}

/**
 * Makes outputs of the running statistics that batch normalisation writes over its own inputs, where
 * these are parameters. Other ones never change.
 */
function exposeRunning(
  graph: Graph,
  parameters: ReadonlySet<string>,
  running: Map<string, number>,
): void {
  for (const node of [...graph.nodes]) {
    if (node.opType !== "BatchNormInternal") continue;
    for (const [input, output] of [[3, 1], [4, 2]] as const) {
      const name = node.inputs[input]?.name ?? "";
      if (!parameters.has(name)) continue;
      running.set(name, graph.outputs.push(graph.addOutput(node, output)) - 1);
    }
  }
}

function dropUnread(graph: Graph, names: readonly string[]): void {
  for (const name of names) {
    const value = graph.inputs.find((input) => input.name === name);
    if (value && value.consumers.size === 0) graph.removeSource(value);
  }
}
