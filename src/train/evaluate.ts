import { z } from "zod";
import type { Loss } from "../artifacts/loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import { lossSchema } from "../artifacts/losses/schema.ts";
import type { Graph } from "../onnx/graph.ts";
import { layerName, showLayers } from "../onnx/layer_outputs.ts";
import type { Model } from "../onnx/model.ts";
import { statedTask } from "../onnx/task.ts";
import {
  type Device,
  deviceOption,
  type DeviceOptions,
  deviceOptionsOption,
} from "../runtime/device.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { completeLoss, defaultLoss } from "./default_loss.ts";
import { checkedClasses, classesOf, logitsOf } from "./evaluate_output.ts";
import { forwardOf } from "./forward.ts";
import { batches, type HostBatch } from "./loader.ts";
import { LossSession } from "./loss_session.ts";
import { checkClasses, prepared } from "./prepare.ts";
import { stderrProgress } from "./progress.ts";
import { type Report, Tally } from "./tally.ts";
import { forwardOverCopies } from "./tta/forward_over_copies.ts";
import type { OutputKind } from "./tta/mean_answer.ts";
import { type TestTimeAugmentation, ttaSchema } from "./tta/tta_options.ts";

export type { Report };

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /**
   * The loss to report.
   * @default {what the model's task asks for, else "crossEntropy" for class targets and "mse" for others}
   */
  readonly loss?: Loss;
  /** Probability from which on a label holds, where several may. @default {0.5} */
  readonly threshold?: number;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** How the device computes. @default {{}} */
  readonly deviceOptions?: DeviceOptions;
  /** Answers are means over augmented copies: how many, or which. @default {none} */
  readonly tta?: TestTimeAugmentation;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<EvaluateOptions> = z.strictObject({
  loss: lossSchema.optional(),
  threshold: z.number().gt(0).lt(1).optional(),
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
  deviceOptions: deviceOptionsOption,
  tta: ttaSchema.optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<EvaluateOptions>;

/**
 * How well a model does on a data set: loss and, for classes, accuracy, top-k accuracy, precision,
 * recall and F1 by class and as means, and the confusion matrix.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, evaluate, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [4, 1, 28, 28], data: new Float32Array(4 * 784) } as const;
 * const targets = { type: "int64", dims: [4], data: BigInt64Array.of(0n, 1n, 2n, 3n) } as const;
 * const report = await evaluate(model, arrays({ inputs: { x }, targets }), { verbose: false });
 * assertEquals(report.examples, 4);
 * ```
 */
export async function evaluate(
  model: Model,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Report> {
  const checked = checkOptions("evaluate", schema, options);
  const { batchSize = 32, device = "auto", verbose = true, threshold = 0.5 } = checked;
  checkClasses(dataset, model, "The data set");
  const progress = stderrProgress(verbose, "evaluating");
  const runtime = await runtimeFor(device, progress.note, checked.deviceOptions);
  const given = checked.loss ?? lossOfTask(model);
  const loss = given && await completeLoss(given, dataset, model);
  const graph = outputsFor(model, loss);
  const name = graph.outputs[0]!.name;
  const kindOf = ({ targets }: HostBatch) => outputKind(loss ?? lossFor(targets));
  const plain = forwardOf(runtime, model, graph);
  const forward = forwardOverCopies(plain, checked.tta, { model, dataset, kindOf });
  const computed = loss === undefined || typeof loss === "string"
    ? undefined
    : new LossSession(runtime, model, loss);
  const ready = prepared(dataset, model, "The data set");
  let tally: Tally | undefined;
  try {
    const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
    let done = 0;
    const classCount = checkedClasses(model, loss);
    for await (const batch of batches(ready, { batchSize, order, pad: false, classCount })) {
      const results = await forward.run(batch);
      tally ??= new Tally(loss ?? lossFor(batch.targets), undefined, { threshold, curves: true });
      const found = await computed?.run(batch, results);
      const { targets, weights, count } = batch;
      tally.add(results[name]!, targets, weights, count, found?.loss, found?.terms);
      progress.at(done += count, ready.length);
    }
  } finally {
    await forward.release();
    await computed?.release();
    progress.done();
  }
  if (!tally) throw new RangeError("The data set has no readable examples");
  return tally.report(model.classes ?? dataset.classes);
}

/** The loss that the model's own task asks for, where it has said one. */
function lossOfTask(model: Model): Loss | undefined {
  const task = statedTask(model);
  if (task !== undefined && task !== "classification") return defaultLoss(model, "evaluate()");
  return classesOf(model) === 1 ? "mse" : undefined;
}

/** The output that the loss is taken of, then the others that it reads. */
function outputsFor(model: Model, loss: Loss | undefined): Graph {
  const { contains = "Softmax", outputs = [] } = loss === undefined ? {} : lossOf(loss);
  const graph = model.graph.clone();
  showLayers(graph, outputs);
  const wanted = new Set([...outputs, ...outputs.map(layerName)]);
  const more = graph.outputs.filter((value, at) => at > 0 && wanted.has(value.name));
  graph.outputs.splice(0, Infinity, logitsOf(graph.outputs[0]!, contains), ...more);
  graph.prune();
  return graph;
}

/** The loss that targets ask for. */
function lossFor(targets: Tensor | undefined): Loss {
  return targets?.type === "int64" ? "crossEntropy" : "mse";
}

/** What probabilities the outputs that a loss is taken of stand for. */
function outputKind(loss: Loss): OutputKind {
  const { contains } = lossOf(loss);
  return contains === "Softmax" ? "softmax" : contains === "Sigmoid" ? "sigmoid" : "numbers";
}
