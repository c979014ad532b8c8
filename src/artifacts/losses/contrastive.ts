import { z } from "zod";
import { dimsOf } from "../../autodiff/builder.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { LossDefinition } from "../loss.ts";
import { distances, FAR, masked, normalised, pairsOf, some } from "./pairs.ts";

/** Options of `contrastive`. */
export interface ContrastiveOptions {
  /** How far those of different classes shall be apart. @default {1} */
  readonly margin?: number;
}

/** Options of `supervisedContrastive`. */
export interface SupervisedContrastiveOptions {
  /** What similarities are divided by: the lower, the more the nearest count. @default {0.1} */
  readonly temperature?: number;
}

const schema: z.ZodType<ContrastiveOptions> = z.strictObject({
  margin: z.number().positive().optional(),
}) as z.ZodType<ContrastiveOptions>;
const supervisedSchema: z.ZodType<SupervisedContrastiveOptions> = z.strictObject({
  temperature: z.number().positive().optional(),
}) as z.ZodType<SupervisedContrastiveOptions>;

/**
 * Contrastive loss of embeddings `[N, D]` with class indices `[N]` as targets, over all pairs of a
 * batch: d²/2 for a pair of one class, max(0, margin − d)²/2 for others (Hadsell et al. 2006,
 * "Dimensionality reduction by learning an invariant mapping").
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { contrastive } from "@graft/graft";
 *
 * assertEquals(contrastive({ margin: 2 }).targets, "groups");
 * ```
 */
export function contrastive(options: ContrastiveOptions = {}): LossDefinition {
  const { margin = 1 } = checkOptions("contrastive", schema, options);
  return {
    name: "contrastive",
    settings: { margin },
    targets: "groups",
    losses: (g, output, target, context) => {
      const { positive, negative } = pairsOf(g, "contrastive", { output, target, context });
      const far = distances(g, output);
      const near = g.unary("Relu", g.shift(g.neg(far), margin));
      const both = g.add(g.mul(positive, g.mul(far, far)), g.mul(negative, g.mul(near, near)));
      const weights = g.reduceSum(g.add(positive, negative), [1], false);
      return [{ losses: g.scale(g.reduceSum(both, [1], false), 0.5), weights }];
    },
  };
}

/**
 * Supervised contrastive loss (Khosla et al. 2020, the form L_out) of embeddings `[N, D]`, which it
 * normalises, with class indices `[N]` as targets: for each example the mean over the others of its
 * class of −ln of the softmax of the similarities to all others. Examples that are alone of their
 * class in the batch do not count.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import {
 *   embedding, loadBackbone, replaceHead, supervisedContrastive, valueAndGrad,
 * } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { head: embedding({ size: 8 }) });
 * const data = Float32Array.from({ length: 4 * 784 }, (_, i) => Math.sin(i));
 * const x = { type: "float32", dims: [4, 1, 28, 28], data } as const;
 * const targets = { type: "int64", dims: [4], data: BigInt64Array.of(0n, 0n, 1n, 1n) } as const;
 * const { loss } = await valueAndGrad(model, { x }, targets, { loss: supervisedContrastive() });
 * assert(loss > 0);
 * ```
 */
export function supervisedContrastive(options: SupervisedContrastiveOptions = {}): LossDefinition {
  const { temperature = 0.1 } = checkOptions("supervisedContrastive", supervisedSchema, options);
  return {
    name: "supervisedContrastive",
    settings: { temperature },
    targets: "groups",
    losses: (g, output, target, context) => {
      const name = "supervisedContrastive";
      const { positive, negative } = pairsOf(g, name, { output, target, context });
      const rows = normalised(g, output);
      const similar = g.scale(g.gemm(rows, rows, { b: true }), 1 / temperature);
      const others = masked(g, g.add(positive, negative), similar, -FAR);
      const logs = g.logSoftmax(others, 1);
      const partners = g.reduceSum(positive, [1], false);
      const weights = some(g, partners);
      const sum = g.reduceSum(g.mul(g.neg(logs), positive), [1], false);
      const count = g.op("Max", [partners, g.scalar(1, partners)], dimsOf(partners));
      return [{ losses: g.div(sum, count), weights }];
    },
  };
}
