import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { type HeadBuilder, hiddenLayers, type HiddenOptions, hiddenShape, width } from "./head.ts";

/** Options of `mlp`. */
export interface MlpOptions extends HiddenOptions {
  /** Width of the hidden layer, or of each of several. */
  readonly hidden: number | readonly number[];
}

/** Options of `concatPooling`. */
export interface ConcatPoolingOptions {
  /** Width of the hidden layer, or of each of several. @default {512} */
  readonly hidden?: number | readonly number[];
  /** Probability that an input of the last layer is dropped; before the others it is half. @default {0.5} */
  readonly dropout?: number;
}

/** Options of `cosineHead`. */
export interface CosineHeadOptions extends HiddenOptions {
  /** What the cosines are multiplied by before the softmax. @default {30} */
  readonly scale?: number;
}

const widths = z.union([width, z.array(width).min(1)]);
const mlpSchema: z.ZodType<MlpOptions> = z.strictObject({
  ...hiddenShape,
  hidden: widths,
}) as z.ZodType<MlpOptions>;
const poolingSchema: z.ZodType<ConcatPoolingOptions> = z.strictObject({
  hidden: widths.optional(),
  dropout: hiddenShape.dropout,
}) as z.ZodType<ConcatPoolingOptions>;
const cosineSchema: z.ZodType<CosineHeadOptions> = z.strictObject({
  ...hiddenShape,
  scale: z.number().positive().optional(),
}) as z.ZodType<CosineHeadOptions>;

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
 * A head of fully connected layers with ReLU between them, and where asked for batch normalisation
 * before it and dropout after it.
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
  return hiddenLayers(checkOptions("mlp", mlpSchema, options));
}

/**
 * fastai's head: the largest and the mean of each channel of the last feature map, then for every
 * layer batch normalisation, dropout and a product without bias, with ReLU between them. Needs a
 * backbone that pools its last feature map, or `at` naming one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { concatPooling, loadBackbone, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("resnet18", { weights: "random" });
 * const model = replaceHead(backbone, { classes: 3, head: concatPooling() });
 * assertEquals(model.parameters.get("head.0.weight")!.shape, [512, 2 * 512]);
 * ```
 */
export function concatPooling(options: ConcatPoolingOptions = {}): HeadBuilder {
  const { hidden = 512, dropout = 0.5 } = checkOptions("concatPooling", poolingSchema, options);
  return {
    ...hiddenLayers({ hidden, dropout, batchNorm: true }),
    pooling: "largestAndMean",
    normalised: "before",
  };
}

/**
 * A head whose outputs are the cosines between the features and the weights of each class, times
 * `scale`: lengths tell nothing, only directions. Train it with `crossEntropy`, or with `arcFace` to
 * keep classes apart. It has no bias.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { cosineHead, loadBackbone, replaceHead, valueAndGrad } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { classes: 3, head: cosineHead({ scale: 16 }) });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784).fill(9) } as const;
 * const targets = { type: "int64", dims: [1], data: BigInt64Array.of(1n) } as const;
 * const { outputs } = await valueAndGrad(model, { x }, targets);
 * assert((outputs.logits!.data as Float32Array).every((score) => Math.abs(score) <= 16));
 * ```
 */
export function cosineHead(options: CosineHeadOptions = {}): HeadBuilder {
  const { scale = 30, ...hidden } = checkOptions("cosineHead", cosineSchema, options);
  return { ...hiddenLayers(hidden), cosineScale: scale };
}
