import { Builder, dimsOf, typeOf } from "../autodiff/builder.ts";
import type { Lack } from "../autodiff/builder_options.ts";
import { checkDifferentiable, gradients } from "../autodiff/gradients.ts";
import { settleTypes } from "../autodiff/precision/settle_types.ts";
import { type HalfOptions, toHalf } from "../autodiff/precision/to_half.ts";
import { float, int } from "../onnx/attribute.ts";
import type { Graph, Node, Value } from "../onnx/graph.ts";
import { attachLoss, type AttachLossOptions } from "./losses/attach_loss.ts";

export { TARGETS, WEIGHTS } from "./losses/attach_loss.ts";

/**
 * Name of the input that a loss of float16 is multiplied by before its gradients are taken, and they
 * divided by after, a scalar: so that small ones are not lost.
 */
export const LOSS_SCALE = "graft_loss_scale";

/** A batch normalisation that uses and gives the batch's own statistics. */
export interface BatchStatistics {
  /** Names of the running mean and variance, `[C]`. */
  readonly running: readonly [mean: string, variance: string];
  /** Outputs of the training graph: the batch's mean and (population) variance, `[C]`. */
  readonly batch: readonly [mean: string, variance: string];
  /** How much of the running value stays. */
  readonly momentum: number;
  /** Numbers each statistic is taken over. */
  readonly count: number;
}

/** How a training graph is made from a forward graph. */
export interface TrainingGraphOptions extends Omit<AttachLossOptions, "training"> {
  /** Names of the parameters to differentiate by; they become inputs. */
  readonly parameters: readonly string[];
  /** Nodes (by name of their first output) that normalise by the batch. */
  readonly batchNorms: ReadonlySet<string>;
  /** Whether only forms are used that hold at any batch size. @default {false} */
  readonly freeBatch?: boolean;
  /** What the device cannot do. @default {nothing} */
  readonly lacks?: ReadonlySet<Lack>;
  /** What products are computed in. @default {float32} */
  readonly half?: HalfOptions | undefined;
}

/** A graph that computes a loss and its gradients. */
export interface TrainingGraph {
  /** The graph; its first output is the loss. */
  readonly graph: Graph;
  /** Name of the loss, a scalar. */
  readonly loss: string;
  /** Name of the sums that the loss is made of, and their factors, where it has means of its own. */
  readonly sums: LossSums | undefined;
  /** Names of the model's outputs. */
  readonly outputs: readonly string[];
  /** Name of the gradient of each parameter. */
  readonly gradients: ReadonlyMap<string, string>;
  /** Statistics of the batch, by batch normalisation. */
  readonly statistics: readonly BatchStatistics[];
}

/** Where the sums are found that a loss is made of. */
export interface LossSums {
  /** Name of the output, `[2·means]`. */
  readonly name: string;
  /** What each mean is multiplied by. */
  readonly factors: readonly number[];
}

/** Makes parameters that the graph holds as constants inputs of the same name. */
export function parametersToInputs(graph: Graph, names: Iterable<string>): void {
  for (const name of names) {
    const value = graph.values.get(name);
    if (!value?.constant) continue;
    value.constant = undefined;
    graph.inputs.push(value);
  }
}

/**
 * Turns a forward graph of static shapes into one that also gives the loss, its gradients by the
 * parameters and the statistics of the batch. The graph given is edited.
 * Throws `RangeError` where no parameter reaches the loss, or the device cannot compute in half.
 */
export function buildTrainingGraph(graph: Graph, options: TrainingGraphOptions): TrainingGraph {
  const statistics = normaliseByBatch(graph, options.batchNorms);
  parametersToInputs(graph, options.parameters);
  const { half } = options;
  if (half) toHalf(graph, new Set(options.parameters), half);
  const g = new Builder(graph, options);
  const wanted = options.parameters.flatMap((name) => graph.values.get(name) ?? []);
  checkDifferentiable(graph, graph.outputs[0]!, new Set(wanted));
  const { loss, sums, factors } = attachLoss(g, { ...options, training: true });
  const outputs = graph.outputs.map((value) => value.name);
  const found = scaledGradients(g, loss, wanted, half);
  if (found.size === 0) {
    throw new RangeError(
      "No trainable parameter reaches the loss: nothing would be learned. " +
        "Unfreeze a parameter that the first output depends on",
    );
  }
  graph.outputs.unshift(loss);
  if (sums) graph.outputs.push(sums);
  for (const gradient of found.values()) addOutput(graph, gradient);
  for (const { batch } of statistics) {
    for (const name of batch) graph.outputs.push(graph.value(name));
  }
  if (half) settleTypes(graph, half);
  return {
    graph,
    loss: loss.name,
    sums: sums && { name: sums.name, factors },
    outputs,
    gradients: new Map([...found].map(([value, gradient]) => [value.name, gradient.name])),
    statistics,
  };
}

/** Gradients as of a loss that is larger by the scale that is fed, divided by it in float32. */
function scaledGradients(
  g: Builder,
  loss: Value,
  wanted: readonly Value[],
  half: HalfOptions | undefined,
): Map<Value, Value> {
  if (half?.type !== "float16") return gradients(g, loss, wanted);
  const scale = g.graph.addInput(LOSS_SCALE, "float32", []);
  const inverse = g.unary("Reciprocal", scale);
  const scaled = [...gradients(g, loss, wanted, scale)];
  return new Map(scaled.map(([value, gradient]) => [value, g.mul(gradient, inverse)]));
}

/** The same value may be the gradient of two parameters; an output must be named once. */
function addOutput(graph: Graph, value: Value): void {
  if (!graph.outputs.includes(value)) graph.outputs.push(value);
}

/** Makes batch normalisations, by the name of their first output, use and give the statistics of the batch. */
export function normaliseByBatch(graph: Graph, names: ReadonlySet<string>): BatchStatistics[] {
  return [...graph.nodes].filter((node) =>
    node.opType === "BatchNormalization" && names.has(node.outputs[0]!.name)
  ).map((node) => byBatch(graph, node));
}

/** With momentum 0 the node's running outputs are the statistics of the batch itself. */
function byBatch(graph: Graph, node: Node): BatchStatistics {
  const [x, , , mean, variance] = node.inputs as Value[];
  const momentum = node.float("momentum", 0.9);
  node.attributes.set("training_mode", int(1));
  node.attributes.set("momentum", float(0));
  const batch = [1, 2].map((position) => {
    const value = graph.addOutput(node, position);
    value.type = typeOf(mean!);
    value.shape = dimsOf(mean!);
    return value.name;
  });
  const shape = dimsOf(x!);
  return {
    running: [mean!.name, variance!.name],
    batch: batch as [string, string],
    momentum,
    count: shape.reduce((product, dim) => product * dim, 1) / shape[1]!,
  };
}
