import { z } from "zod";
import { pictures } from "../data/pictures.ts";
import type { Model } from "../onnx/model.ts";
import { type Device, runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset, Image } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { forwardOf } from "../train/forward.ts";
import { batches } from "../train/loader.ts";
import { logSumExp } from "../train/metrics/host_loss.ts";
import { prepared } from "../train/prepare.ts";
import { stderrProgress } from "../train/progress.ts";
import { forwardOverCopies } from "../train/tta/forward_over_copies.ts";
import { type TestTimeAugmentation, ttaSchema } from "../train/tta/tta_options.ts";

/** One class a picture may show. */
export interface Prediction {
  /** Label of the class; its index as text where the model has no labels. */
  readonly label: string;
  /** Index of the class. */
  readonly index: number;
  /** How probable the model holds it, from 0 to 1. */
  readonly probability: number;
}

/** Options of `predict`. */
export interface PredictOptions {
  /** How many classes to give, the most probable first. @default {all} */
  readonly topK?: number;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Answers are means over augmented copies: how many, or which. @default {none} */
  readonly tta?: TestTimeAugmentation;
  /** Whether to show progress on stderr. @default {false} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<PredictOptions> = z.strictObject({
  topK: z.number().int().positive().optional(),
  batchSize: z.number().int().positive().optional(),
  device: z.enum(["auto", "cpu", "cuda"]).optional(),
  tta: ttaSchema.optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<PredictOptions>;

/** A picture: its file, its bytes, or its pixels. */
export type PredictInput = string | URL | Uint8Array | Image;

/**
 * What a model sees in one picture: its classes, the most probable first.
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
  { topK, batchSize = 32, device = "auto", verbose = false, tta }: PredictOptions,
): Promise<Prediction[][]> {
  const progress = stderrProgress(verbose, "predicting");
  const runtime = await runtimeFor(device, progress.note);
  const graph = model.graph.clone();
  graph.outputs.splice(1);
  graph.prune();
  const output = graph.outputs[0]!;
  const final = output.producer?.opType;
  const kindOf = () => final === "Softmax" ? "numbers" as const : "softmax" as const;
  const plain = forwardOf(runtime, model, graph);
  const forward = forwardOverCopies(plain, tta, { model, dataset, kindOf });
  const ready = prepared(dataset, model, "The data set");
  const found: Prediction[][] = [];
  try {
    const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
    for await (const batch of batches(ready, { batchSize, order, pad: false })) {
      const scores = (await forward.run(batch))[output.name]!;
      const width = scores.data.length / batch.count;
      for (let row = 0; row < batch.count; row++) {
        const logits = scores.data as Float32Array;
        const shift = final === "Softmax" ? 0 : logSumExp(logits, row * width, width);
        const classes = Array.from({ length: width }, (_, index): Prediction => {
          const score = logits[row * width + index]!;
          const probability = final === "Softmax" ? score : Math.exp(score - shift);
          return { label: model.classes?.[index] ?? String(index), index, probability };
        });
        classes.sort((a, b) => b.probability - a.probability);
        found.push(topK === undefined ? classes : classes.slice(0, topK));
      }
      progress.at(found.length, ready.length);
    }
  } finally {
    await forward.release();
    progress.done();
  }
  return found;
}
