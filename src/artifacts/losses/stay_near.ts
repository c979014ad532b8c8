import { z } from "zod";
import type { Builder } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import type { Model } from "../../onnx/model.ts";
import { checkOptions } from "../../tensor/options.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Loss, LossDefinition, LossParameter } from "../loss.ts";
import { lossOf } from "./by_name.ts";
import { termsOf } from "./mean_loss.ts";

/** Keeps parameters near their starting values; `l2sp()` makes one. */
export interface StayNear {
  /** Strength of the pull of trained parameters of the backbone to where they start. */
  readonly alpha: number;
  /** Strength of the pull of the head's parameters to 0. */
  readonly beta: number;
  /** The model that the backbone is drawn to; by default the one that training starts from. */
  readonly start?: Model;
}

/** Options of `l2sp`. */
export interface L2spOptions {
  /** Strength of the pull of trained parameters of the backbone to where they start. @default {0.1} */
  readonly alpha?: number;
  /** Strength of the pull of the head's parameters to 0. @default {0.01} */
  readonly beta?: number;
  /** The model that the backbone is drawn to, such as the pretrained one. @default {the one given to fit} */
  readonly start?: Model;
}

const schema: z.ZodType<L2spOptions> = z.strictObject({
  alpha: z.number().min(0).optional(),
  beta: z.number().min(0).optional(),
  start: z.custom<Model>((value) =>
    typeof value === "object" && value !== null && "parameters" in value
  ).describe("a model").optional(),
}) as z.ZodType<L2spOptions>;

/**
 * The penalty L²-SP (Li et al. 2018, "Explicit inductive bias for transfer learning with
 * convolutional networks"): alpha/2·‖w − w⁰‖² over the trained parameters of the backbone, w⁰ their
 * starting values, plus beta/2·‖w‖² over those of the head. For `fit(…, { stayNear: l2sp() })`, in the
 * place of weight decay. It is part of the training loss, not of the validation loss.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { l2sp, loadBackbone, valueAndGrad } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784) } as const;
 * const targets = { type: "int64", dims: [1], data: BigInt64Array.of(3n) } as const;
 * const plain = await valueAndGrad(model, { x }, targets);
 * const near = await valueAndGrad(model, { x }, targets, { stayNear: l2sp({ beta: 1 }) });
 * assert(near.loss > plain.loss);
 * ```
 */
export function l2sp(options: L2spOptions = {}): StayNear {
  return { alpha: 0.1, beta: 0.01, ...checkOptions("l2sp", schema, options) };
}

/** What functions take as their option `stayNear`. */
export const stayNearSchema: z.ZodType<StayNear> = z.custom<StayNear>((value) =>
  typeof value === "object" && value !== null && "alpha" in value && "beta" in value
).describe("a penalty, such as l2sp()");

/** A loss with the penalty on top. */
export function withStayNear(loss: Loss, stayNear: StayNear | undefined): Loss {
  if (!stayNear) return loss;
  const base = lossOf(loss);
  const { alpha, beta } = stayNear;
  const definition: LossDefinition = {
    ...base,
    settings: { ...base.settings, stayNear: { alpha, beta, start: stayNear.start?.name } },
    losses: (g, output, target, context) => {
      const terms = termsOf(g, base, output, target, context);
      if (!context.training) return terms;
      return [...terms, ...penalties(g, context.parameters, stayNear)];
    },
  };
  return definition;
}

function penalties(
  g: Builder,
  parameters: readonly LossParameter[],
  { alpha, beta, start }: StayNear,
): { losses: Value; factor: number }[] {
  const backbone = parameters.filter(({ head }) => !head).map((one) =>
    squares(g, g.sub(one.now, g.constant(startOf(one, start))))
  );
  const head = parameters.filter((one) => one.head).map(({ now }) => squares(g, now));
  const parts = [[backbone, alpha], [head, beta]] as const;
  return parts.filter(([list, factor]) => list.length > 0 && factor > 0)
    .map(([list, factor]) => ({ losses: g.sum(list), factor: factor / 2 }));
}

function startOf({ name, start }: LossParameter, model: Model | undefined): Tensor {
  if (!model) return start;
  const found = model.parameters.get(name)?.value;
  if (found && sameShape(found.dims, start.dims)) return found;
  throw new RangeError(
    `l2sp(): the model given as "start" has ${
      found ? `"${name}" of shape [${found.dims}]` : `no parameter "${name}"`
    }; the trained one has it of shape [${start.dims}]`,
  );
}

function squares(g: Builder, value: Value): Value {
  const axes = value.shape!.map((_, axis) => axis);
  return axes.length === 0 ? g.mul(value, value) : g.reduce("ReduceSumSquare", value, axes, false);
}
