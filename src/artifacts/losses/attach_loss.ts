import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import { layerName } from "../../onnx/layer_outputs.ts";
import type { Model } from "../../onnx/model.ts";
import type { DataType } from "../../tensor/dtype.ts";
import { nearest } from "../../tensor/nearest.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { Loss, LossContext, LossParameter } from "../loss.ts";
import { lossOf } from "./by_name.ts";
import { type MeanLoss, meanLoss } from "./mean_loss.ts";
import type { Ramp } from "./ramp.ts";

/** Name of the targets that a graph with a loss is fed, beside the model's inputs and parameters. */
export const TARGETS = "graft_targets";
/** Name of the weight of each example, float32 `[N]`. */
export const WEIGHTS = "graft_weights";
/** Name of the output of a loss's teacher, until the loss has read it. */
export const TEACHER = "graft_teacher";

/** Begins the names of numbers that change over training, each a scalar. */
const RAMP = "graft_ramp/";

/** How a loss is put on a graph. */
export interface AttachLossOptions {
  /** The loss. */
  readonly loss: Loss;
  /** Type and shape of the targets. */
  readonly targets: { readonly type: DataType; readonly shape: readonly number[] };
  /** Number of examples. */
  readonly batch: number;
  /** Name of the targets' input where all examples weigh the same. @default {weights are fed} */
  readonly unweighted?: string;
  /** The model of the graph, for losses that read its parameters or what it says of itself. */
  readonly model?: Pick<Model, "parameters" | "metadata">;
  /** Whether gradients are wanted. @default {false} */
  readonly training?: boolean;
  /** Whether numbers that change over training are fed, or are what they are at its end. @default {false} */
  readonly ramps?: boolean;
}

/** What a graph is fed for the numbers of a loss that change over training, 0 at its start, 1 at its end. */
export function rampFeeds(loss: Loss, progress: number): Record<string, Tensor> {
  const ramps = Object.entries(lossOf(loss).ramps ?? {});
  return Object.fromEntries(
    ramps.map((
      [name, ramp],
    ) => [RAMP + name, tensor("float32", [], [rampAt(ramp, name, progress)])]),
  );
}

function rampAt(ramp: Ramp, name: string, progress: number): number {
  const found = ramp(progress);
  if (Number.isFinite(found)) return found;
  throw new RangeError(
    `The "${name}" of the loss must be a finite number, found ${found} at progress ${progress}`,
  );
}

/**
 * Adds the mean loss of a batch, a scalar; targets, and weights where there are any, become inputs.
 * Outputs that only the loss reads are outputs no more.
 */
export function attachLoss(g: Builder, options: AttachLossOptions): MeanLoss {
  const { graph } = g;
  const { loss, targets, batch, unweighted } = options;
  const target = graph.addInput(unweighted ?? TARGETS, targets.type, targets.shape);
  const weights = unweighted === undefined
    ? graph.addInput(WEIGHTS, "float32", [batch])
    : undefined;
  const output = g.cast(lossOutput(graph.outputs[0]!, loss), "float32");
  const context = contextOf(g, { ...options, weights });
  const made = meanLoss(g, loss, { output, target, context });
  const { outputs = [] } = lossOf(loss);
  const own = new Set([TEACHER, ...outputs, ...outputs.map(layerName)]);
  const kept = graph.outputs.filter((value, at) => at === 0 || !own.has(value.name));
  graph.outputs.splice(0, Infinity, ...kept);
  return made;
}

/** What the loss takes in the place of a final operator that it contains: what that one reads. */
function lossOutput(output: Value, loss: Loss): Value {
  const node = output.producer;
  const { contains } = lossOf(loss);
  const strips = contains !== undefined && node?.opType === contains && node.domain === "" &&
    (contains === "Sigmoid" || dimsOf(output).length === 2);
  return strips ? node.inputs[0]! : output;
}

function contextOf(
  g: Builder,
  { weights, training = false, model, loss, ramps: isFed = false }: AttachLossOptions & {
    weights: Value | undefined;
  },
): LossContext {
  const { graph } = g;
  const { ramps = {} } = lossOf(loss);
  return {
    weights,
    training,
    parameters: parametersOf(graph, model),
    metadata: model?.metadata ?? new Map(),
    teacher: graph.outputs.find(({ name }) => name === TEACHER),
    output: (name) => {
      const found = graph.outputs.find((value) => value.name === name) ??
        graph.outputs.find((value) => value.name === layerName(name));
      if (found) return found;
      const names = graph.outputs.map((value) => value.name);
      const near = nearest(name, names);
      throw new RangeError(
        `The loss reads the output "${name}", which is not there; ` +
          (near === undefined
            ? `there are ${names.map((one) => `"${one}"`).join(", ")}`
            : `did you mean "${near}"?`),
      );
    },
    ramp: (name) => {
      const ramp = ramps[name];
      if (!ramp) {
        throw new RangeError(`The loss has no number "${name}" that changes over training`);
      }
      if (!isFed) return g.scalar(rampAt(ramp, name, 1), "float32");
      return graph.values.get(RAMP + name) ?? graph.addInput(RAMP + name, "float32", []);
    },
  };
}

/** The trainable parameters that are inputs of the graph. */
function parametersOf(
  graph: Graph,
  model: Pick<Model, "parameters"> | undefined,
): LossParameter[] {
  return [...model?.parameters.values() ?? []].flatMap(
    ({ name, head, trainable, value: start }) => {
      const now = graph.values.get(name);
      return trainable && now && graph.inputs.includes(now) ? [{ name, head, now, start }] : [];
    },
  );
}
