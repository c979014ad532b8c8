import { z } from "zod";
import { dimsOf } from "../../autodiff/builder.ts";
import type { Model } from "../../onnx/model.ts";
import { checkOptions } from "../../tensor/options.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Loss, LossDefinition, LossTerm } from "../loss.ts";
import { lossOf } from "./by_name.ts";
import { divergence } from "./kl_divergence.ts";
import { termsOf } from "./mean_loss.ts";
import { lossSchema } from "./schema.ts";
import { classScores } from "./targets.ts";

/** Options of `distill`. */
export interface DistillOptions {
  /** The model to learn from; it answers with the same classes. */
  readonly teacher: Model;
  /** What the logits of both are divided by: the higher, the more the unlikely classes tell. @default {2} */
  readonly temperature?: number;
  /** Part of the teacher in the loss, from 0 to 1; the targets have the rest. @default {0.5} */
  readonly alpha?: number;
  /** The loss against the targets. @default {"crossEntropy"} */
  readonly loss?: Loss;
}

const schema: z.ZodType<DistillOptions> = z.strictObject({
  teacher: z.custom<Model>((value) =>
    typeof value === "object" && value !== null && "graph" in value && "parameters" in value
  ).describe("a model"),
  temperature: z.number().positive().optional(),
  alpha: z.number().min(0).max(1).optional(),
  loss: lossSchema.optional(),
}) as z.ZodType<DistillOptions>;

/**
 * Knowledge distillation (Hinton et al. 2015): (1 − alpha)·loss + alpha·T²·KL(teacher ‖ model), both
 * softened by the temperature T. The teacher is run on the same inputs in the same step, as an
 * inference program; where inputs do not change from epoch to epoch, its answers are computed once.
 *
 * Throws `TypeError` where the teacher has other inputs or another number of outputs.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distill, loadBackbone, valueAndGrad } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const loss = distill({ teacher: model, alpha: 1 });
 * assertAlmostEquals((await valueAndGrad(model, { x }, targets, { loss })).loss, 0, 1e-6);
 * ```
 */
export function distill(options: DistillOptions): LossDefinition {
  const given = checkOptions("distill", schema, options);
  const { teacher, temperature = 2, alpha = 0.5, loss = "crossEntropy" } = given;
  const base = lossOf(loss);
  const { withCounts } = base;
  return {
    ...base,
    name: "distill",
    settings: { temperature, alpha, loss: base.name, ...base.settings, teacher: teacher.name },
    contains: "Softmax",
    teacher,
    ...(withCounts && { withCounts: (counts) => distill({ ...given, loss: withCounts(counts) }) }),
    losses: (g, output, target, context) => {
      const own = classScores(g, output);
      const its = context.teacher && classScores(g, g.cast(context.teacher, "float32"));
      if (!its || !sameShape(dimsOf(its), dimsOf(own))) {
        throw new TypeError(
          `The teacher "${teacher.name}" puts out ${
            its ? `[${dimsOf(its)}]` : "nothing"
          }, the model ` +
            `[${dimsOf(own)}]; both must answer with the same classes`,
        );
      }
      const soft = g.softmax(g.scale(its, 1 / temperature), 1);
      const logs = g.logSoftmax(g.scale(own, 1 / temperature), 1);
      const places = dimsOf(own).slice(2).map((_, axis) => axis + 1);
      const term: LossTerm = {
        losses: g.reduce("ReduceMean", divergence(g, soft, logs), places, false),
        factor: alpha * temperature ** 2,
      };
      if (alpha === 1) return [term];
      const hard = termsOf(g, base, output, target, context);
      return [
        ...hard.map((one) => ({ ...one, factor: (1 - alpha) * (one.factor ?? 1) })),
        term,
      ];
    },
  };
}
