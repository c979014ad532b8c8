import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { LossDefinition } from "../loss.ts";
import { FAR, masked, normalised, pairsOf, some } from "./pairs.ts";

/** Options of `infoNce`. */
export interface InfoNceOptions {
  /** The output of the model that its first output is paired with, `[N, D]` as that one. */
  readonly output: string;
  /** What similarities are divided by: the lower, the more the nearest count. @default {0.07} */
  readonly temperature?: number;
}

const schema: z.ZodType<InfoNceOptions> = z.strictObject({
  output: z.string().min(1),
  temperature: z.number().positive().optional(),
}) as z.ZodType<InfoNceOptions>;

/**
 * The contrastive loss of two outputs `[N, D]` for the same examples, such as of pictures and their
 * captions (CLIP: Radford et al. 2021; InfoNCE: van den Oord et al. 2018): each row of one shall be
 * nearer to its own row of the other than to the rest of the batch, by the cosine over `temperature`; the mean
 * of the cross entropies both ways. Targets are class indices `[N]`: examples of one index say the
 * same and are not told apart; give each its own where all differ.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { infoNce } from "@graft/graft";
 *
 * assertEquals(infoNce({ output: "text_embeds" }).outputs, ["text_embeds"]);
 * ```
 */
export function infoNce(options: InfoNceOptions): LossDefinition {
  const { output: name, temperature = 0.07 } = checkOptions("infoNce", schema, options);
  return {
    name: "infoNce",
    settings: { output: name, temperature },
    targets: "groups",
    outputs: [name],
    losses: (g, output, target, context) => {
      const other = g.cast(context.output(name), "float32");
      if (dimsOf(output).length !== 2 || !sameShape(dimsOf(output), dimsOf(other))) {
        throw new TypeError(
          `infoNce(): both outputs must be [N, D], found [${dimsOf(output)}] and "${name}" ` +
            `[${dimsOf(other)}]`,
        );
      }
      const { positive } = pairsOf(g, "infoNce", { output, target, context });
      const { weights } = context;
      // Rows that only fill the batch, and others that say the same, are none to be told from.
      const filling = weights
        ? g.shift(g.neg(g.reshape(some(g, weights), [1, dimsOf(output)[0]!])), 1)
        : undefined;
      const left = filling ? g.add(positive, filling) : positive;
      const [a, b] = [normalised(g, output), normalised(g, other)];
      const ways = [g.gemm(a, b, { b: true }), g.gemm(b, a, { b: true })].map((cosines) =>
        ownEntropy(g, g.scale(cosines, 1 / temperature), left)
      );
      return [{ losses: g.scale(g.add(ways[0]!, ways[1]!), 0.5) }];
    },
  };
}

/** −ln of the share of the diagonal in the softmax of each row, the places in `left` out of it, `[N]`. */
function ownEntropy(g: Builder, scores: Value, left: Value): Value {
  const count = dimsOf(scores)[0]!;
  const rows = g.integers(Array.from({ length: count }, (_, row) => row));
  const own = g.reshape(rows, [count, 1]);
  const isOwn = g.compare("Equal", own, g.reshape(rows, [1, count]));
  const kept = masked(g, left, g.full([count, count], -FAR, "float32"), 0);
  // A row's own place is never left out, also where the row only fills the batch.
  const open = g.add(scores, g.where(isOwn, g.scalar(0, scores), kept));
  const logs = g.logSoftmax(open, 1);
  return g.neg(g.reduceSum(g.where(isOwn, logs, g.scalar(0, logs)), [1], false));
}
