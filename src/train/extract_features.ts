import { z } from "zod";
import { featureGraph } from "../onnx/feature_layer.ts";
import type { Model } from "../onnx/model.ts";
import { type Device, runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { sizeOf } from "../tensor/shape.ts";
import { forwardOf } from "./forward.ts";
import { batches } from "./loader.ts";
import { prepared } from "./prepare.ts";
import { stderrProgress } from "./progress.ts";

/** Options of `extractFeatures`. */
export interface ExtractFeaturesOptions {
  /** Name of a node or value, or `"pool"`: what feeds the classifier. @default {"pool"} */
  readonly layer?: string;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** What a layer makes of every example of a data set. */
export interface Features {
  /** The numbers, row-major. */
  readonly data: Float32Array;
  /** `[N, D]` for `"pool"`, `[N, ...]` as the layer has it otherwise. */
  readonly shape: readonly number[];
  /** Class index of each row, -1 where the data set does not say one. */
  readonly targets: Int32Array;
  /** Index in the data set of each row; examples that could not be read are left out. */
  readonly indices: readonly number[];
  /** The layer. */
  readonly layer: string;
}

const schema: z.ZodType<ExtractFeaturesOptions> = z.strictObject({
  layer: z.string().min(1).optional(),
  batchSize: z.number().int().positive().optional(),
  device: z.enum(["auto", "cpu", "cuda"]).optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<ExtractFeaturesOptions>;

/**
 * What a layer of a network makes of every example, for a classifier of another kind or a search by
 * similarity. Throws `RangeError` for a layer that does not exist.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, extractFeatures, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [4, 1, 28, 28], data: new Float32Array(4 * 784) } as const;
 * const { shape } = await extractFeatures(model, arrays({ inputs: { x } }), { verbose: false });
 * assertEquals(shape, [4, 128]);
 * ```
 */
export async function extractFeatures(
  model: Model,
  dataset: Dataset,
  options: ExtractFeaturesOptions = {},
): Promise<Features> {
  const { layer = "pool", batchSize = 32, device = "auto", verbose = true } = checkOptions(
    "extractFeatures",
    schema,
    options,
  );
  const { graph, output } = featureGraph(model, layer);
  const progress = stderrProgress(verbose, "features");
  const runtime = await runtimeFor(device, progress.note);
  const forward = forwardOf(runtime, model, graph);
  const ready = prepared(dataset, model, "The data set");
  const rows: Float32Array[] = [];
  const targets: number[] = [];
  const indices: number[] = [];
  let each: readonly number[] = [];
  try {
    const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
    for await (const batch of batches(ready, { batchSize, order, pad: false })) {
      const { dims, data } = (await forward.run(batch))[output.name]!;
      each = dims.slice(1);
      rows.push(Float32Array.from(data as Float32Array));
      const known = batch.targets?.type === "int64" ? batch.targets.data : undefined;
      batch.indices.forEach((index, row) => {
        indices.push(index);
        targets.push(known ? Number(known[row]) : -1);
      });
      progress.at(indices.length, ready.length);
    }
  } finally {
    await forward.release();
    progress.done();
  }
  const data = new Float32Array(indices.length * sizeOf(each));
  let at = 0;
  for (const row of rows) {
    data.set(row, at);
    at += row.length;
  }
  return {
    data,
    shape: [indices.length, ...each],
    targets: Int32Array.from(targets),
    indices,
    layer,
  };
}
