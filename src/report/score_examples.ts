import { z } from "zod";
import type { Model } from "../onnx/model.ts";
import { type Device, deviceOption } from "../runtime/device.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import type { Report } from "../train/evaluate.ts";
import { logitsOf } from "../train/evaluate_output.ts";
import { forwardOf } from "../train/forward.ts";
import { batches, type HostBatch } from "../train/loader.ts";
import { logSumExp } from "../train/metrics/host_loss.ts";
import type { Scored } from "../train/metrics/scored.ts";
import { checkClasses, prepared } from "../train/prepare.ts";
import { stderrProgress } from "../train/progress.ts";
import { Tally } from "../train/tally.ts";

/** Options of `scoreExamples`. */
export interface ScoreExamplesOptions {
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** What a model says of every example of a data set, and what is right. */
export interface ScoredExamples extends Scored {
  /** How probable the model holds each class, float32 `[N, C]`. */
  readonly probabilities: Tensor<"float32">;
  /** Right classes, `[N]`. */
  readonly targets: readonly number[];
  /** Cross-entropy of each example. */
  readonly losses: readonly number[];
  /** Index in the data set of each example; those that could not be read are left out. */
  readonly indices: readonly number[];
  /** Labels of the classes; their indices as text where there are none. */
  readonly classes: readonly string[];
  /** The same as `evaluate` gives. */
  readonly evaluation: Report;
}

const schema: z.ZodType<ScoreExamplesOptions> = z.strictObject({
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<ScoreExamplesOptions>;

/**
 * The probabilities that a classifier gives every example, beside the right classes: what the metrics
 * and charts of probabilities are made from. Throws `TypeError` where the targets are no classes or
 * the model does not give a score for each class.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, loadBackbone, rocAuc, scoreExamples } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [4, 1, 28, 28], data: new Float32Array(4 * 784) } as const;
 * const targets = { type: "int64", dims: [4], data: BigInt64Array.of(0n, 1n, 2n, 3n) } as const;
 * const scored = await scoreExamples(model, arrays({ inputs: { x }, targets }), { verbose: false });
 * assertEquals(scored.probabilities.dims, [4, 10]);
 * assertEquals(rocAuc(scored).macro, 0.5); // equal inputs: it cannot tell them apart
 * ```
 */
export async function scoreExamples(
  model: Model,
  dataset: Dataset,
  options: ScoreExamplesOptions = {},
): Promise<ScoredExamples> {
  const checked = checkOptions("scoreExamples", schema, options);
  const { batchSize = 32, device = "auto", verbose = true } = checked;
  checkClasses(dataset, model, "The data set");
  const progress = stderrProgress(verbose, "scoring");
  const runtime = await runtimeFor(device, progress.note);
  const graph = model.graph.clone();
  graph.outputs.splice(1);
  graph.prune();
  const output = logitsOf(graph.outputs[0]!);
  graph.outputs[0] = output;
  const forward = forwardOf(runtime, model, graph);
  const ready = prepared(dataset, model, "The data set");
  const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
  const tally = new Tally("crossEntropy");
  const rows: Row[] = [];
  try {
    for await (const batch of batches(ready, { batchSize, order, pad: false })) {
      const logits = (await forward.run(batch))[output.name]!;
      rows.push(...rowsOf(logits, batch));
      tally.add(logits, batch.targets, batch.weights, batch.count);
      progress.at(rows.length, ready.length);
    }
  } finally {
    await forward.release();
    progress.done();
  }
  if (rows.length === 0) throw new RangeError("The data set has no readable examples");
  const count = rows[0]!.probabilities.length;
  const labels = model.classes ?? dataset.classes;
  const classes = Array.from({ length: count }, (_, c) => labels?.[c] ?? String(c));
  const data = Float32Array.from(rows.flatMap((row) => row.probabilities));
  return {
    probabilities: tensor("float32", [rows.length, count], data),
    targets: rows.map((row) => row.target),
    losses: rows.map((row) => row.loss),
    indices: rows.map((row) => row.index),
    classes,
    evaluation: tally.report(classes),
  };
}

/** What there is to say of one example. */
interface Row {
  readonly index: number;
  readonly target: number;
  readonly loss: number;
  readonly probabilities: readonly number[];
}

function rowsOf(logits: Tensor, { targets, indices, count }: HostBatch): Row[] {
  if (targets?.type !== "int64" || targets.dims.length !== 1) {
    throw new TypeError("The targets of the data set must be classes: one index an example");
  }
  const width = logits.data.length / count;
  if (logits.dims.length < 2 || logits.dims[1] !== width || width < 2) {
    throw new TypeError(
      `The model must give a score for each of two classes or more, [N, C]; its output is ` +
        `[${logits.dims}]`,
    );
  }
  const data = logits.data as Float32Array;
  return Array.from({ length: count }, (_, row): Row => {
    const scores = Array.from(data.subarray(row * width, (row + 1) * width), Number);
    const target = Number(targets.data[row]);
    if (target >= width) {
      throw new RangeError(`A target is class ${target}; the model has ${width} classes`);
    }
    const shift = logSumExp(scores, 0, width);
    return {
      index: indices[row]!,
      target,
      loss: shift - scores[target]!,
      probabilities: scores.map((score) => Math.exp(score - shift)),
    };
  });
}
