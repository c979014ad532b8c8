import { Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import { bufferOf, flagOf, RESET } from "../read/names.ts";
import type { BatchStatistics, TrainingGraph } from "../training_graph.ts";

/** The order in which the runtime is fed. */
export interface InputOrder {
  /** Names of the network's inputs, then that of the targets. */
  readonly data: readonly string[];
  /** Names of the parameters, trained and frozen. */
  readonly parameters: readonly string[];
}

/**
 * Brings a training graph into the form that ONNX Runtime's training builds drive: each gradient is
 * accumulated into a buffer that is an input, or replaces what is there where `lazy_reset_grad` is
 * true; running statistics, which are parameters, are written over in the same way. The outputs are
 * the loss, those named in `outputs`, and a flag for each accumulator.
 */
export function toOfficialTraining(
  training: TrainingGraph,
  order: InputOrder,
  outputs: readonly string[],
): void {
  const { graph, gradients } = training;
  const g = new Builder(graph);
  const reset = graph.addInput(RESET, "bool", [1]);
  const flags: Value[] = [];
  for (const name of order.parameters) {
    const gradient = gradients.get(name);
    if (gradient === undefined) continue;
    const buffer = graph.addInput(bufferOf(name), "float32", dimsOf(graph.value(name)));
    flags.push(accumulated(graph, buffer, graph.value(gradient), { name, overwrite: reset }));
  }
  const always = g.constant(tensor("bool", [1], [1]));
  for (const [name, value] of runningUpdates(g, training)) {
    flags.push(accumulated(graph, graph.value(name), value, { name, overwrite: always }));
  }
  finish(training, order, [outputs, flags]);
}

/**
 * Gives a training graph its outputs and the order of its inputs: the loss, the network's own, whose
 * shapes are left open, and what training adds.
 */
export function finish(
  { graph, loss }: TrainingGraph,
  order: InputOrder,
  [own, added]: readonly [own: readonly string[], added: readonly Value[]],
): void {
  const values = own.map((name) => graph.value(name));
  for (const value of values) if (value.name !== loss) value.shape = undefined;
  graph.outputs.splice(0, Infinity, graph.value(loss), ...values, ...added);
  orderInputs(graph, order);
  graph.prune();
}

/** Inputs in the order of the contract, the rest after them as they come. */
export function orderInputs(graph: Graph, { data, parameters }: InputOrder): void {
  const named = [...data, ...parameters, ...parameters.map(bufferOf)];
  const first = named.flatMap((name) => graph.inputs.find((input) => input.name === name) ?? []);
  const rest = graph.inputs.filter((input) => !first.includes(input));
  graph.inputs.splice(0, Infinity, ...first, ...rest);
}

function accumulated(
  graph: Graph,
  buffer: Value,
  value: Value,
  { name, overwrite }: { readonly name: string; readonly overwrite: Value },
): Value {
  const [flag] = graph.add("InPlaceAccumulatorV2", [buffer, value, overwrite], {
    domain: "com.microsoft",
    outputs: [flagOf(name)],
    name: `GradientAccumulator_${name}`,
  }).outputs as [Value];
  flag.type = "bool";
  flag.shape = [1];
  return flag;
}

/** The new value of each running statistic, by its name. */
export function runningUpdates(g: Builder, { statistics }: TrainingGraph): [string, Value][] {
  return statistics.flatMap((one) =>
    updated(g, one).map((value, which): [string, Value] => [one.running[which]!, value])
  );
}

/**
 * running ← momentum·running + (1 − momentum)·batch, the variance unbiased. The normalisation itself
 * is given zeros in the place of the running statistics, for it may write over what it reads.
 */
function updated(g: Builder, statistics: BatchStatistics): Value[] {
  const { running, batch, momentum, count } = statistics;
  return batch.map((name, which) => {
    const now = g.graph.value(name);
    const kept = g.graph.value(running[which]!);
    g.graph.setInput(now.producer!, 3 + which, g.mul(kept, g.scalar(0, "float32")));
    const many = g.op("Max", [g.scalar(count - 1, "float32"), g.scalar(1, "float32")], []);
    const unbiased = which === 0 ? now : g.mul(now, g.div(g.scalar(count, "float32"), many));
    return g.add(g.scale(kept, momentum), g.scale(unbiased, 1 - momentum));
  });
}
