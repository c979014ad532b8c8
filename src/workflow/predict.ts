import { z } from "zod";
import { pictures } from "../data/pictures.ts";
import type { Model } from "../onnx/model.ts";
import { taskOf } from "../onnx/task.ts";
import {
  type Device,
  deviceOption,
  type DeviceOptions,
  deviceOptionsOption,
} from "../runtime/device.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset, Image } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { forwardOf } from "../train/forward.ts";
import { batches } from "../train/loader.ts";
import { logSumExp } from "../train/metrics/host_loss.ts";
import { prepared } from "../train/prepare.ts";
import { stderrProgress } from "../train/progress.ts";
import { forwardOverCopies } from "../train/tta/forward_over_copies.ts";
import type { OutputKind } from "../train/tta/mean_answer.ts";
import { type TestTimeAugmentation, ttaSchema } from "../train/tta/tta_options.ts";

/** One class a picture may show, or one number that a model predicts of it. */
export interface Prediction {
  /** Label of the class or number; its index as text where the model has no labels. */
  readonly label: string;
  /** Index of the class or number. */
  readonly index: number;
  /** How probable the model holds the class, from 0 to 1; NaN where outputs are numbers. */
  readonly probability: number;
  /** The number, where the model's task is "regression" or "embedding". */
  readonly value?: number;
}

/** Options of `predict`. */
export interface PredictOptions {
  /** How many classes to give, the most probable first. @default {all} */
  readonly topK?: number;
  /** Probability from which on a class is given, where several may hold at once. @default {0.5} */
  readonly threshold?: number;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** How the device computes. @default {{}} */
  readonly deviceOptions?: DeviceOptions;
  /** Answers are means over augmented copies: how many, or which. @default {none} */
  readonly tta?: TestTimeAugmentation;
  /** Whether to show progress on stderr. @default {false} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<PredictOptions> = z.strictObject({
  topK: z.number().int().positive().optional(),
  threshold: z.number().min(0).max(1).optional(),
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
  deviceOptions: deviceOptionsOption,
  tta: ttaSchema.optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<PredictOptions>;

/** A picture: its file, its bytes, or its pixels. */
export type PredictInput = string | URL | Uint8Array | Image;

/**
 * What a model sees in one picture, by its task (`taskOf`): its classes, the most probable first; of
 * several classes that may hold at once those from the threshold on; or its numbers in their order.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, predict } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const image = { widthPx: 28, heightPx: 28, data: new Uint8Array(28 * 28 * 3) };
 * assertEquals((await predict(model, image)).length, 10);
 * ```
 */
export function predict(
  model: Model,
  input: PredictInput,
  options?: PredictOptions,
): Promise<Prediction[]>;
/** What a model sees in every example of a data set: one list for each, in their order. */
export function predict(
  model: Model,
  input: Dataset,
  options?: PredictOptions,
): Promise<Prediction[][]>;
export async function predict(
  model: Model,
  input: PredictInput | Dataset,
  options: PredictOptions = {},
): Promise<Prediction[] | Prediction[][]> {
  const checked = checkOptions("predict", schema, options);
  if (isDataset(input)) return await predictAll(model, input, checked);
  const [only] = await predictAll(model, pictures([{ image: input }]), checked);
  return only!;
}

function isDataset(input: PredictInput | Dataset): input is Dataset {
  return typeof input === "object" && "get" in input && typeof input.get === "function";
}

async function predictAll(
  model: Model,
  dataset: Dataset,
  options: PredictOptions,
): Promise<Prediction[][]> {
  const { batchSize = 32, device = "auto", verbose = false, tta } = options;
  const progress = stderrProgress(verbose, "predicting");
  const runtime = await runtimeFor(device, progress.note, options.deviceOptions);
  const graph = model.graph.clone();
  graph.outputs.splice(1);
  graph.prune();
  const output = graph.outputs[0]!;
  const read = reader(model, output.producer?.opType, options);
  const kindOf = () => outputKind(model, output.producer?.opType);
  const plain = forwardOf(runtime, model, graph);
  const forward = forwardOverCopies(plain, tta, { model, dataset, kindOf });
  const ready = prepared(dataset, model, "The data set");
  const found: Prediction[][] = [];
  try {
    const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
    for await (const batch of batches(ready, { batchSize, order, pad: false })) {
      const { data } = (await forward.run(batch))[output.name]!;
      const width = data.length / batch.count;
      for (let row = 0; row < batch.count; row++) {
        found.push(read((data as Float32Array).subarray(row * width, (row + 1) * width)));
      }
      progress.at(found.length, ready.length);
    }
  } finally {
    await forward.release();
    progress.done();
  }
  return found;
}

/** What probabilities the outputs stand for, or that they are numbers or probabilities already. */
function outputKind(model: Model, final: string | undefined): OutputKind {
  const task = taskOf(model);
  if (task === "classification") return final === "Softmax" ? "numbers" : "softmax";
  return task === "multiLabel" && final !== "Sigmoid" ? "sigmoid" : "numbers";
}

/** What the outputs of an example mean. `final` is the model's last operator. */
function reader(
  model: Model,
  final: string | undefined,
  { topK, threshold = 0.5 }: PredictOptions,
): (scores: Float32Array) => Prediction[] {
  const task = taskOf(model);
  const named = (index: number) => ({ label: model.classes?.[index] ?? String(index), index });
  if (task === "regression" || task === "embedding") {
    return (scores) =>
      Array.from(scores, (value, index) => ({ ...named(index), probability: NaN, value }));
  }
  const probabilities = task === "multiLabel" ? yesOrNo(final) : shares(final);
  const least = task === "multiLabel" ? threshold : -Infinity;
  return (scores) => {
    const all = Array.from(probabilities(scores), (probability, index): Prediction => ({
      ...named(index),
      probability,
    }));
    return all.filter(({ probability }) => probability >= least)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, topK ?? all.length);
  };
}

function yesOrNo(final: string | undefined): (scores: Float32Array) => ArrayLike<number> {
  if (final === "Sigmoid") return (scores) => scores;
  return (scores) => Array.from(scores, (score) => 1 / (1 + Math.exp(-score)));
}

function shares(final: string | undefined): (scores: Float32Array) => ArrayLike<number> {
  if (final === "Softmax") return (scores) => scores;
  return (scores) => {
    const shift = logSumExp(scores, 0, scores.length);
    return Array.from(scores, (score) => Math.exp(score - shift));
  };
}
