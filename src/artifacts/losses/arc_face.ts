import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { cosineScaleOf } from "../../onnx/task.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { LossContext, LossDefinition } from "../loss.ts";
import { picked } from "./cross_entropy.ts";
import { areIndices, checkClassTargets, misfit } from "./targets.ts";

/** Options of `arcFace`. */
export interface ArcFaceOptions {
  /** Angle by which the right class is made harder, in radians. @default {0.5} */
  readonly margin?: number;
  /** What the cosines are multiplied by. @default {the scale of the model's cosine head} */
  readonly scale?: number;
}

const schema: z.ZodType<ArcFaceOptions> = z.strictObject({
  margin: z.number().min(0).max(Math.PI / 2).optional(),
  scale: z.number().positive().optional(),
}) as z.ZodType<ArcFaceOptions>;

/** How near to 1 a cosine may come, so that the sine keeps a slope. */
const LEAST = 1e-6;

/**
 * Additive angular margin loss (Deng et al. 2019, "ArcFace"): cross-entropy of scale·cos θ, with
 * cos(θ + margin) in the place of the right class's cosine, so that classes keep apart by an angle.
 * Past θ + margin = π it goes on as cos θ − margin·sin margin, as in the authors' code. It goes with
 * `cosineHead()`, and throws `TypeError` on any other head; targets are class indices `[N]`.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { arcFace, cosineHead, loadBackbone, replaceHead, valueAndGrad } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { classes: ["ann", "bob"], head: cosineHead({ scale: 16 }) });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784).fill(1) } as const;
 * const targets = { type: "int64", dims: [1], data: BigInt64Array.of(1n) } as const;
 * const plain = await valueAndGrad(model, { x }, targets);
 * const { loss } = await valueAndGrad(model, { x }, targets, { loss: arcFace({ margin: 0.3 }) });
 * assert(loss > plain.loss);
 * ```
 */
export function arcFace(options: ArcFaceOptions = {}): LossDefinition {
  const given = checkOptions("arcFace", schema, options);
  const { margin = 0.5 } = given;
  return {
    name: "arcFace",
    settings: { margin, ...given },
    targets: "classes",
    losses: (g, output, target, context) => {
      checkClassTargets("arcFace", output, target);
      if (!areIndices(target)) throw misfit("arcFace", "class indices [N]", target, output);
      const head = headScale(context);
      const { scale = head } = given;
      const cosines = g.scale(output, 1 / head);
      const own = picked(g, cosines, target);
      const change = g.sub(turned(g, own, margin), own);
      const logits = g.scale(
        g.add(cosines, g.mul(oneHot(g, target, cosines), column(g, change))),
        scale,
      );
      return g.neg(picked(g, g.logSoftmax(logits, 1), target));
    },
  };
}

/** cos(θ + m) = cos θ·cos m − sin θ·sin m as far as it falls. */
function turned(g: Builder, cosine: Value, margin: number): Value {
  const shape = dimsOf(cosine);
  const most = g.scalar(1 - LEAST, cosine);
  const bounded = g.op("Max", [g.op("Min", [cosine, most], shape), g.neg(most)], shape);
  const sine = g.unary("Sqrt", g.shift(g.neg(g.mul(bounded, bounded)), 1));
  const further = g.sub(g.scale(bounded, Math.cos(margin)), g.scale(sine, Math.sin(margin)));
  const isWithin = g.compare("Greater", cosine, g.scalar(-Math.cos(margin), cosine));
  return g.where(isWithin, further, g.shift(cosine, -margin * Math.sin(margin)));
}

/** 1 in the place of each class, `[N, C]`. */
function oneHot(g: Builder, target: Value, like: Value): Value {
  const classes = Array.from({ length: dimsOf(like)[1]! }, (_, index) => index);
  return g.cast(g.compare("Equal", column(g, target), g.integers(classes)), "float32");
}

function column(g: Builder, values: Value): Value {
  return g.reshape(values, [dimsOf(values)[0]!, 1]);
}

function headScale({ metadata }: LossContext): number {
  const scale = cosineScaleOf(metadata);
  if (scale !== undefined) return scale;
  throw new TypeError(
    'The loss "arcFace" needs a model whose outputs are cosines; give it such a head: ' +
      "replaceHead(model, { classes, head: cosineHead() })",
  );
}
