import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { LossDefinition, LossTerm } from "../loss.ts";
import { distances, FAR, masked, type Pairs, pairsOf, some } from "./pairs.ts";

/** Options of `triplet`. */
export interface TripletOptions {
  /** How much farther those of other classes shall be than those of the same one. @default {0.2} */
  readonly margin?: number;
  /**
   * Which triplets of a batch count. "hard": for each example the farthest of its class and the nearest
   * of the others (Hermans et al. 2017, "In defense of the triplet loss"). "semiHard": for each pair of
   * a class the nearest of the others that is farther than the pair, or else the farthest of all
   * (Schroff et al. 2015, "FaceNet"). @default {"hard"}
   */
  readonly mining?: "hard" | "semiHard";
}

const schema: z.ZodType<TripletOptions> = z.strictObject({
  margin: z.number().positive().optional(),
  mining: z.enum(["hard", "semiHard"]).optional(),
}) as z.ZodType<TripletOptions>;

/**
 * Triplet loss of embeddings `[N, D]` with class indices `[N]` as targets: the mean of
 * max(0, margin + d(example, same class) − d(example, other class)) over the triplets that are mined
 * in the batch, d the Euclidean distance. Examples without a partner in the batch do not count, so
 * batches should hold several of each class.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { embedding, loadBackbone, replaceHead, triplet, valueAndGrad } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { head: embedding({ size: 8 }) });
 * const data = Float32Array.from({ length: 4 * 784 }, (_, i) => Math.sin(i));
 * const x = { type: "float32", dims: [4, 1, 28, 28], data } as const;
 * const targets = { type: "int64", dims: [4], data: BigInt64Array.of(0n, 0n, 1n, 1n) } as const;
 * assert((await valueAndGrad(model, { x }, targets, { loss: triplet() })).loss > 0);
 * ```
 */
export function triplet(options: TripletOptions = {}): LossDefinition {
  const given = checkOptions("triplet", schema, options);
  const { margin = 0.2, mining = "hard" } = given;
  const mine = mining === "hard" ? hardest : semiHard;
  return {
    name: "triplet",
    settings: { margin, mining },
    targets: "groups",
    losses: (g, output, target, context) => {
      const pairs = pairsOf(g, "triplet", { output, target, context });
      return [mine(g, distances(g, output), pairs, margin)];
    },
  };
}

/** One triplet an example. */
function hardest(g: Builder, far: Value, { positive, negative }: Pairs, margin: number): LossTerm {
  const farthest = g.reduce("ReduceMax", masked(g, positive, far, -FAR), [1], false);
  const nearest = g.reduce("ReduceMin", masked(g, negative, far, FAR), [1], false);
  const has = (mask: Value) => some(g, g.reduceSum(mask, [1], false));
  const weights = g.mul(has(positive), has(negative));
  const violation = g.unary("Relu", g.shift(g.sub(farthest, nearest), margin));
  return { losses: g.mul(violation, weights), weights };
}

/** One triplet a pair: the distances `[pair's example, its partner, the other]` are compared. */
function semiHard(g: Builder, far: Value, { positive, negative }: Pairs, margin: number): LossTerm {
  const count = dimsOf(far)[0]!;
  const partner = g.reshape(far, [count, count, 1]);
  const others = g.reshape(masked(g, negative, far, FAR), [count, 1, count]);
  const isFarther = g.compare("Greater", others, partner);
  const outside = g.where(isFarther, others, g.scalar(FAR, far));
  const nearest = g.reduce("ReduceMin", outside, [2], false);
  const inside = g.reduce("ReduceMax", masked(g, negative, far, -FAR), [1]);
  const isThere = g.compare("Less", nearest, g.scalar(FAR, far));
  const other = g.where(isThere, nearest, inside);
  const has = some(g, g.reduceSum(negative, [1]));
  const weights = g.mul(positive, has);
  const violations = g.unary("Relu", g.shift(g.sub(far, other), margin));
  const sum = (value: Value) => g.reduceSum(value, [1], false);
  return { losses: sum(g.mul(violations, weights)), weights: sum(weights) };
}
