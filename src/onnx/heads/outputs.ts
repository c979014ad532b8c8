import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { type HeadBuilder, hiddenLayers, type HiddenOptions, hiddenShape, width } from "./head.ts";

/** Options of `regression`. */
export interface RegressionOptions extends HiddenOptions {
  /** Keeps outputs between two numbers, which a sigmoid comes near to. @default {any number} */
  readonly range?: readonly [lowest: number, highest: number];
}

/** Options of `embedding`. */
export interface EmbeddingOptions extends HiddenOptions {
  /** Numbers of an embedding. */
  readonly size: number;
  /** Whether embeddings are brought to length 1. @default {true} */
  readonly normalise?: boolean;
}

const regressionSchema: z.ZodType<RegressionOptions> = z.strictObject({
  ...hiddenShape,
  range: z.tuple([z.number(), z.number()]).refine(([lowest, highest]) => lowest < highest)
    .describe("two numbers, the lower first").optional(),
}) as z.ZodType<RegressionOptions>;
const embeddingSchema: z.ZodType<EmbeddingOptions> = z.strictObject({
  ...hiddenShape,
  size: width,
  normalise: z.boolean().optional(),
}) as z.ZodType<EmbeddingOptions>;

/**
 * A head that predicts numbers, with `range` those between two bounds, as fastai's `y_range`:
 * lowest + (highest − lowest)·σ(x). Let the bounds lie a little outside of what occurs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, regression, replaceHead, taskOf } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { outputs: 1, head: regression({ range: [0.5, 5.5] }) });
 * assertEquals(taskOf(model), "regression");
 * ```
 */
export function regression(options: RegressionOptions = {}): HeadBuilder {
  const { range, ...hidden } = checkOptions("regression", regressionSchema, options);
  return { ...hiddenLayers(hidden), task: "regression", ...(range && { range }) };
}

/**
 * A head that puts examples into a space `[N, size]` where those of a class lie together, to be trained
 * with `triplet`, `contrastive` or `supervisedContrastive`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { embedding, loadBackbone, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { head: embedding({ size: 32 }) });
 * assertEquals(model.outputs[0]!.shape, ["batch", 32]);
 * ```
 */
export function embedding(options: EmbeddingOptions): HeadBuilder {
  const { size, normalise = true, ...hidden } = checkOptions("embedding", embeddingSchema, options);
  return { ...hiddenLayers(hidden), task: "embedding", size, unitLength: normalise };
}
