import { z } from "zod";
import type { LossDefinition } from "../../src/artifacts/loss.ts";
import { FAR, masked, normalised, pairsOf } from "../../src/artifacts/losses/pairs.ts";
import { type Builder, dimsOf } from "../../src/autodiff/builder.ts";
import type { Value } from "../../src/onnx/graph.ts";
import { checkOptions } from "../../src/tensor/options.ts";
import { tensor } from "../../src/tensor/tensor.ts";

/** Options of `clipLoss`. */
export interface ClipLossOptions {
  /** What cosines are multiplied by: one over the temperature. @default {1/0.07} */
  readonly scale?: number;
}

const schema: z.ZodType<ClipLossOptions> = z.strictObject({
  scale: z.number().positive().optional(),
}) as z.ZodType<ClipLossOptions>;

/**
 * CLIP's loss of pictures and their captions (Radford et al., 2021): in each batch every picture is to
 * find its caption and every caption its picture, by cross entropy of `scale` times the cosines of
 * `image_embeds` and `text_embeds`. Targets are numbers of captions, int64 `[N]`: those of the same
 * caption are all right for each other. The scale stays as it is, which CLIP learns.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { valueAndGrad } from "@graft/graft";
 * import { clip, clipLoss } from "../clip.ts";
 *
 * const small = { layers: 1, hidden: 8, heads: 2, embedding: 4 };
 * const model = clip({ image: { ...small, sizePx: 32 }, text: { ...small, vocabulary: 9 } });
 * const ids = { type: "int64", dims: [2, 2], data: BigInt64Array.of(1n, 8n, 2n, 8n) } as const;
 * const inputs = {
 *   x: { type: "float32", dims: [2, 3, 32, 32], data: new Float32Array(6144).map(Math.sin) },
 *   input_ids: ids,
 *   attention_mask: { ...ids, data: new BigInt64Array(4).fill(1n) },
 * } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(0n, 1n) } as const;
 * const { loss } = await valueAndGrad(model, inputs, targets, { loss: clipLoss() });
 * assert(loss > 0);
 * ```
 */
export function clipLoss(options: ClipLossOptions = {}): LossDefinition {
  const { scale = 1 / 0.07 } = checkOptions("clipLoss", schema, options);
  return {
    name: "clip",
    settings: { scale },
    targets: "groups",
    outputs: ["text_embeds"],
    losses: (g, output, target, context) => {
      const { positive, negative } = pairsOf(g, "clip", { output, target, context });
      const own = identity(g, dimsOf(output)[0]!);
      const right = g.add(positive, own);
      const share = g.div(right, g.reduceSum(right, [1]));
      const seen = g.add(right, negative);
      const rows = [output, context.output("text_embeds")].map((one) => normalised(g, one));
      const [pictures, texts] = rows as [Value, Value];
      // Which pairs are right is symmetric, so that both ways take the same mask.
      const missed = ([[pictures, texts], [texts, pictures]] as const).map(([from, to]) => {
        const scores = masked(g, seen, g.scale(g.gemm(from, to, { b: true }), scale), -FAR);
        return g.reduceSum(g.mul(g.neg(g.logSoftmax(scores, 1)), share), [1], false);
      });
      return [{ losses: g.scale(g.sum(missed), 0.5) }];
    },
  };
}

function identity(g: Builder, count: number): Value {
  const elements = Array.from({ length: count ** 2 }, (_, i) => i % (count + 1) === 0 ? 1 : 0);
  return g.constant(tensor("float32", [count, count], elements));
}
