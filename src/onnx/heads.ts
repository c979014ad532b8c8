import { z } from "zod";
import { checkOptions } from "../tensor/options.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { float, int } from "./attribute.ts";
import type { Graph, Value } from "./graph.ts";

/** What goes on top of a backbone: builds the layers from features `[N, D]` to outputs `[N, K]`. */
export interface HeadBuilder {
  /** Widths of the layers before the last. */
  readonly hidden: readonly number[];
  /** Probability that a hidden unit is dropped while training. */
  readonly dropout: number;
}

/** Options of `mlp`. */
export interface MlpOptions {
  /** Width of the hidden layer, or of each of several. */
  readonly hidden: number | readonly number[];
  /** Probability that a hidden unit is dropped while training. @default {0} */
  readonly dropout?: number;
}

const width = z.number().int().positive();
const mlpSchema: z.ZodType<MlpOptions> = z.strictObject({
  hidden: z.union([width, z.array(width).min(1)]),
  dropout: z.number().min(0).max(0.95).optional(),
}) as z.ZodType<MlpOptions>;

/**
 * A head of one fully connected layer, as `replaceHead` makes it by default.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { linear, loadBackbone, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { classes: ["odd", "even"], head: linear() });
 * assertEquals(model.parameters.get("head.weight")!.shape, [2, 128]);
 * ```
 */
export function linear(): HeadBuilder {
  return { hidden: [], dropout: 0 };
}

/**
 * A head of fully connected layers with ReLU, and dropout, between them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, mlp, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { classes: 3, head: mlp({ hidden: 64, dropout: 0.2 }) });
 * assertEquals(model.parameters.get("head.1.weight")!.shape, [3, 64]);
 * ```
 */
export function mlp(options: MlpOptions): HeadBuilder {
  const { hidden, dropout = 0 } = checkOptions("mlp", mlpSchema, options);
  return { hidden: typeof hidden === "number" ? [hidden] : hidden, dropout };
}

/** Adds a head's layers to a graph and gives its output `[N, outputs]` under the name given. */
export function addHead(
  graph: Graph,
  features: Value,
  head: HeadBuilder,
  sizes: { inFeatures: number; outputs: number; seed: number; name: string },
): Value {
  const widths = [...head.hidden, sizes.outputs];
  let value = features;
  let fanIn = sizes.inFeatures;
  widths.forEach((width, layer) => {
    const stem = head.hidden.length === 0 ? "head" : `head.${layer}`;
    const random = rng(sizes.seed, "head", layer);
    const last = layer === widths.length - 1;
    const weight = graph.addConstant(`${stem}.weight`, uniform([width, fanIn], fanIn, random));
    const bias = graph.addConstant(`${stem}.bias`, uniform([width], fanIn, random));
    const node = graph.add("Gemm", [value, weight, bias], {
      name: stem,
      outputs: last ? [sizes.name] : 1,
      attributes: { transB: int(1) },
    });
    value = node.outputs[0]!;
    if (!last) {
      value = graph.add("Relu", [value], { name: `${stem}.relu` }).outputs[0]!;
      if (head.dropout > 0) value = addDropout(graph, value, head.dropout, `${stem}.dropout`);
    }
    fanIn = width;
  });
  return value;
}

/** U(−1/√fanIn, 1/√fanIn), as PyTorch's `nn.Linear` starts its weights and biases. */
function uniform(dims: readonly number[], fanIn: number, random: Rng): Tensor<"float32"> {
  const bound = 1 / Math.sqrt(fanIn);
  const made = tensor("float32", dims);
  for (let i = 0; i < made.data.length; i++) made.data[i] = (2 * random.uniform() - 1) * bound;
  return made;
}

/** Dropout of `x`. The ratio is an attribute up to opset 11 and an input from 12 on. */
export function addDropout(graph: Graph, x: Value, ratio: number, name: string): Value {
  if ((graph.opsets.get("") ?? 0) < 12) {
    return graph.add("Dropout", [x], { name, attributes: { ratio: float(ratio) } }).outputs[0]!;
  }
  const constant = graph.addConstant(graph.fresh("dropout_ratio"), tensor("float32", [], [ratio]));
  return graph.add("Dropout", [x, constant], { name }).outputs[0]!;
}
