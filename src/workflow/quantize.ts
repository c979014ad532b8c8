import { z } from "zod";
import { subset } from "../data/subset.ts";
import type { Node } from "../onnx/graph.ts";
import type { Model } from "../onnx/model.ts";
import { remodel } from "../onnx/model_from_graph.ts";
import { foldBatchNorm } from "../onnx/passes/fold_batch_norm.ts";
import { normalise } from "../onnx/passes/normalise.ts";
import { quantisePlan } from "../onnx/quantise/plan.ts";
import { quantiseGraph } from "../onnx/quantise/quantise_graph.ts";
import { encodeModel } from "../onnx/write_model.ts";
import { type Device, deviceOption } from "../runtime/device.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { prepared } from "../train/prepare.ts";
import { stderrProgress } from "../train/progress.ts";
import { rangesOf } from "./quantize/ranges.ts";

/** Options of `quantize`. */
export interface QuantizeOptions {
  /** How many examples ranges are taken from, evenly over the data set. @default {128} */
  readonly examples?: number;
  /**
   * Percentage of a value's elements that its range must hold, above 50: less than 100 lets rare extremes
   * be cut off, so that the steps become finer. @default {100}
   */
  readonly percentile?: number;
  /** Whether every output channel of a weight has a scale of its own. @default {true} */
  readonly perChannel?: boolean;
  /**
   * Bits of a weight. x86 processors without VNNI add up 8-bit products in 16 bits, which overflow: 8
   * is a little finer where that does not happen, and wrong where it does. @default {7}
   */
  readonly weightBits?: 7 | 8;
  /** Nodes that stay as they are, by name or pattern, such as a first or last layer. @default {none} */
  readonly keep?: readonly (string | RegExp)[];
  /** Examples at a time. @default {8} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** A model with integers, and what became of it. */
export interface QuantizeResult {
  /** The model. */
  readonly model: Model;
  /** Names of the nodes whose weights are integers now. */
  readonly quantized: readonly string[];
  /** Names of the nodes with weights that stay as they were. */
  readonly kept: readonly string[];
  /** Bytes of the model as a file. */
  readonly bytes: {
    /** As it came. */
    readonly before: number;
    /** With integers. */
    readonly after: number;
  };
}

const schema: z.ZodType<QuantizeOptions> = z.strictObject({
  examples: z.number().int().positive().optional(),
  percentile: z.number().gt(50).max(100).optional(),
  perChannel: z.boolean().optional(),
  weightBits: z.union([z.literal(7), z.literal(8)]).optional(),
  keep: z.array(z.union([z.string(), z.instanceof(RegExp)]))
    .describe("an array of node names and patterns").optional(),
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<QuantizeOptions>;

/**
 * The model with 8-bit integers in the place of its weights and of what flows between its layers, about
 * a quarter of its size: static quantisation after training (Jacob et al. 2018, "Quantization and
 * Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"). `data` are some
 * examples of what the model will see; from them each value's range is taken. Convolutions, Gemm and
 * MatMul become integer, and the sums, poolings and concatenations between them; the model's outputs
 * and everything else stay float32. It is written as QuantizeLinear and DequantizeLinear pairs, which
 * ONNX Runtime runs with integer kernels, on servers and in browsers.
 *
 * `evaluate`, `predict` and `saveModel` take the result as they take the original; measure both. A saved
 * file that is read back has float weights again, rounded, beside the rounding of activations, so that
 * `fit` trains it with the rounding in place (quantisation-aware).
 *
 * Throws `RangeError` where `keep` names no node, or nothing is left to quantise.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { arrays, loadBackbone, quantize } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const data = Float32Array.from({ length: 4 * 784 }, (_, i) => i % 7);
 * const some = arrays({ inputs: { x: { type: "float32", dims: [4, 1, 28, 28], data } } });
 * const { quantized, bytes } = await quantize(model, some, { verbose: false });
 * assertEquals(quantized.length, 4);
 * assert(bytes.after < 0.3 * bytes.before);
 * ```
 */
export async function quantize(
  model: Model,
  data: Dataset,
  options: QuantizeOptions = {},
): Promise<QuantizeResult> {
  const checked = checkOptions("quantize", schema, options);
  const { examples = 128, percentile = 100, perChannel = true, weightBits = 7, keep = [] } =
    checked;
  const { batchSize = 8, device = "auto", verbose = true } = checked;
  const graph = model.graph.clone();
  normalise(graph);
  foldBatchNorm(graph);
  const plan = quantisePlan(graph, keeper([...graph.nodes], keep));
  if (plan.weighted.length === 0) {
    throw new RangeError(
      "quantize(): the model has no convolution, Gemm or MatMul with float32 weights to quantise",
    );
  }
  const progress = stderrProgress(verbose, "calibrating");
  try {
    const runtime = await runtimeFor(device, progress.note);
    const ready = prepared(some(data, examples), model, "The calibration data");
    const values = [...plan.activations].filter((value) => !plan.sameAs.has(value));
    const ranges = await rangesOf(remodel(model, graph), ready, {
      ...{ values, percentile, batchSize, runtime, progress },
    });
    quantiseGraph(graph, plan, { ranges, perChannel, bits: weightBits });
  } finally {
    progress.done();
  }
  const made = remodel(model, graph);
  return {
    model: made,
    quantized: plan.weighted.map(nameOf),
    kept: plan.left.map(nameOf),
    bytes: { before: bytesOf(model), after: bytesOf(made) },
  };
}

/** Which nodes stay. Throws `RangeError` for a name or pattern that fits none. */
function keeper(nodes: readonly Node[], keep: readonly (string | RegExp)[]) {
  const fits = (node: Node, wanted: string | RegExp) =>
    typeof wanted === "string" ? nameOf(node) === wanted : wanted.test(nameOf(node));
  for (const wanted of keep) {
    if (!nodes.some((node) => fits(node, wanted))) {
      throw new RangeError(
        `quantize(): option "keep": no node is called ${wanted}; summary(model) lists them`,
      );
    }
  }
  return (node: Node) => keep.some((wanted) => fits(node, wanted));
}

function nameOf(node: Node): string {
  return node.name || node.outputs.find((value) => value)?.name || node.opType;
}

/** So many examples, evenly over the data set. */
function some(data: Dataset, examples: number): Dataset {
  if (data.length <= examples || data.sequential) return data;
  return subset(
    data,
    Array.from({ length: examples }, (_, at) => Math.floor(at * data.length / examples)),
  );
}

function bytesOf(model: Model): number {
  return encodeModel(model).reduce((sum, piece) => sum + piece.byteLength, 0);
}
