import { z } from "zod";
import { featureGraph } from "../onnx/feature_layer.ts";
import type { Model } from "../onnx/model.ts";
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
import { forwardOf } from "./forward.ts";
import { batches } from "./loader.ts";
import { prepared } from "./prepare.ts";
import { pooledShape, type Pooling, poolRows } from "./probes/pooling.ts";
import { stderrProgress } from "./progress.ts";

/** Options of `extractFeatures`. */
export interface ExtractFeaturesOptions {
  /** Name of a node or value, or `"pool"`: what feeds the classifier. @default {"pool"} */
  readonly layer?: string;
  /** Several layers, in the place of `layer`; all come from one pass over the data. */
  readonly layers?: readonly string[];
  /**
   * How a layer with many places becomes one row an example: `"average"` or `"max"` over the places of
   * `[N, C, H, W]` or the tokens of `[N, T, D]`, `"both"` one after the other, `"cls"` the first token,
   * `"none"` all as it is. @default {"none"}
   */
  readonly pooling?: Pooling;
  /** Examples at a time. @default {32} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** How the device computes. @default {{}} */
  readonly deviceOptions?: DeviceOptions;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** What a layer makes of every example of a data set. */
export interface Features {
  /** The numbers, row-major. */
  readonly data: Float32Array;
  /** `[N, D]` for `"pool"` and where it was pooled, `[N, ...]` as the layer has it otherwise. */
  readonly shape: readonly number[];
  /** Class index of each row, -1 where the data set does not say one. */
  readonly targets: Int32Array;
  /** Index in the data set of each row; examples that could not be read are left out. */
  readonly indices: readonly number[];
  /** The layer. */
  readonly layer: string;
  /** How it was pooled. @default {"none"} */
  readonly pooling?: Pooling;
  /** What the layer gives for one example, before it was pooled. */
  readonly layerShape?: readonly number[];
  /** Names of the classes, where the data set has them. */
  readonly classes?: readonly string[];
}

const schema: z.ZodType<ExtractFeaturesOptions> = z.strictObject({
  layer: z.string().min(1).optional(),
  layers: z.array(z.string().min(1)).min(1).optional(),
  pooling: z.enum(["average", "max", "both", "cls", "none"]).optional(),
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
  deviceOptions: deviceOptionsOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<ExtractFeaturesOptions>;

/**
 * What layers of a network make of every example, for a classifier of another kind or a search by
 * similarity: the features of `layer`, or a list of those of each of `layers`. Throws `RangeError` for
 * a layer that does not exist, or a pooling that does not fit its shape.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, extractFeatures, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [4, 1, 28, 28], data: new Float32Array(4 * 784) } as const;
 * const data = arrays({ inputs: { x } });
 * const { shape } = await extractFeatures(model, data, { verbose: false });
 * assertEquals(shape, [4, 128]);
 * const [low, high] = await extractFeatures(model, data, {
 *   layers: ["conv1", "conv2"],
 *   pooling: "average",
 *   verbose: false,
 * });
 * assertEquals([low!.shape, high!.shape], [[4, 32], [4, 64]]);
 * ```
 */
export function extractFeatures(
  model: Model,
  dataset: Dataset,
  options: ExtractFeaturesOptions & { readonly layers: readonly string[] },
): Promise<Features[]>;
/** The features of one layer. */
export function extractFeatures(
  model: Model,
  dataset: Dataset,
  options?: ExtractFeaturesOptions & { readonly layers?: undefined },
): Promise<Features>;
export async function extractFeatures(
  model: Model,
  dataset: Dataset,
  options: ExtractFeaturesOptions = {},
): Promise<Features | Features[]> {
  const checked = checkOptions("extractFeatures", schema, options);
  const { layer, layers, pooling = "none", batchSize = 32, device = "auto", verbose = true } =
    checked;
  if (layer !== undefined && layers !== undefined) {
    throw new TypeError('extractFeatures(): give "layer" or "layers", not both');
  }
  const wanted = layers ?? [layer ?? "pool"];
  const { graph, outputs } = featureGraph(model, wanted);
  const progress = stderrProgress(verbose, "features");
  const runtime = await runtimeFor(device, progress.note, checked.deviceOptions);
  const forward = forwardOf(runtime, model, graph);
  const ready = prepared(dataset, model, "The data set");
  const gathered = wanted.map(() => new Gathered(pooling));
  const targets: number[] = [];
  const indices: number[] = [];
  try {
    const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
    for await (const batch of batches(ready, { batchSize, order, pad: false })) {
      const results = await forward.run(batch);
      gathered.forEach((rows, at) => rows.add(results[outputs[at]!.name]!));
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
  const { classes } = dataset;
  const common = { targets: Int32Array.from(targets), indices, pooling, ...classes && { classes } };
  const found = gathered.map((rows, at): Features => ({
    ...rows.joined(),
    ...common,
    layer: wanted[at]!,
  }));
  return layers ? found : found[0]!;
}

/** The rows of a layer, batch by batch. */
class Gathered {
  readonly #rows: Float32Array[] = [];
  #layerShape: readonly number[] = [];
  #count = 0;

  constructor(readonly pooling: Pooling) {}

  add({ dims, data }: Tensor): void {
    const [count = 1, ...shape] = dims;
    this.#layerShape = shape;
    this.#count += count;
    this.#rows.push(poolRows(data as Float32Array, { count, shape, pooling: this.pooling }));
  }

  joined(): Pick<Features, "data" | "shape" | "layerShape"> {
    const data = new Float32Array(this.#rows.reduce((sum, row) => sum + row.length, 0));
    let at = 0;
    for (const row of this.#rows) {
      data.set(row, at);
      at += row.length;
    }
    const layerShape = this.#layerShape;
    return { data, shape: [this.#count, ...pooledShape(layerShape, this.pooling)], layerShape };
  }
}
