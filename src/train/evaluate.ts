import { z } from "zod";
import type { Loss, LossName } from "../artifacts/loss.ts";
import type { Model } from "../onnx/model.ts";
import { type Device, runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { forwardOf } from "./forward.ts";
import { batches, type HostBatch } from "./loader.ts";
import { checkClasses, prepared } from "./prepare.ts";
import { stderrProgress } from "./progress.ts";
import { type Report, Tally } from "./tally.ts";
import { forwardOverCopies } from "./tta/forward_over_copies.ts";
import type { OutputKind } from "./tta/mean_answer.ts";
import { type TestTimeAugmentation, ttaSchema } from "./tta/tta_options.ts";

export type { Report };

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** The loss to report. @default {"crossEntropy" for class targets, else "mse"} */
  readonly loss?: LossName;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Answers are means over augmented copies: how many, or which. @default {none} */
  readonly tta?: TestTimeAugmentation;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<EvaluateOptions> = z.strictObject({
  loss: z.enum(["crossEntropy", "mse", "binaryCrossEntropy"]).optional(),
  batchSize: z.number().int().positive().optional(),
  device: z.enum(["auto", "cpu", "cuda"]).optional(),
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
  const { batchSize = 32, device = "auto", verbose = true } = checked;
  checkClasses(dataset, model, "The data set");
  const progress = stderrProgress(verbose, "evaluating");
  const runtime = await runtimeFor(device, progress.note);
  const graph = model.graph.clone();
  graph.outputs.splice(1);
  graph.prune();
  const output = logitsOf(graph.outputs[0]!);
  graph.outputs[0] = output.value;
  const kindOf = ({ targets }: HostBatch): OutputKind => {
    const loss = checked.loss ?? (classesOf(model) === 1 ? "mse" : lossFor(targets));
    if (loss === "crossEntropy") return "softmax";
    return loss === "binaryCrossEntropy" ? "sigmoid" : "numbers";
  };
  const plain = forwardOf(runtime, model, graph);
  const forward = forwardOverCopies(plain, checked.tta, { model, dataset, kindOf });
  const ready = prepared(dataset, model, "The data set");
  let tally: Tally | undefined;
  try {
    const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
    const classCount = classesOf(model);
    const named = checked.loss ?? (classCount === 1 ? "mse" : undefined);
    const isByClass = named === undefined || named === "crossEntropy";
    const options = { batchSize, order, pad: false, ...(isByClass && { classCount }) };
    let done = 0;
    for await (const batch of batches(ready, options)) {
      const results = await forward.run(batch);
      tally ??= new Tally(named ?? lossFor(batch.targets));
      tally.add(results[output.value.name]!, batch.targets, batch.weights, batch.count);
      progress.at(done += batch.count, ready.length);
    }
  } finally {
    await forward.release();
    progress.done();
  }
  if (!tally) throw new RangeError("The data set has no readable examples");
  return tally.report(model.classes ?? dataset.classes);
}

/** The number of classes a model tells apart, where its output is one number a class. */
export function classesOf(model: Model): number | undefined {
  const shape = model.outputs[0]?.shape;
  const last = shape?.length === 2 ? shape[1] : undefined;
  return typeof last === "number" ? last : undefined;
}

/** The loss that targets ask for. */
export function lossFor(targets: Tensor | undefined): LossName & Loss {
  return targets?.type === "int64" ? "crossEntropy" : "mse";
}

/** The logits of an output: what its final Softmax reads, or the output itself. */
export function logitsOf<
  V extends { producer: { opType: string; inputs: readonly unknown[] } | undefined },
>(
  output: V,
): { value: V; activation: "none" | "softmax" } {
  const node = output.producer;
  if (node?.opType !== "Softmax") return { value: output, activation: "none" };
  return { value: node.inputs[0] as V, activation: "softmax" };
}
