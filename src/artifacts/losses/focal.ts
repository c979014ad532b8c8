import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { LossDefinition } from "../loss.ts";
import { perLabel } from "./binary_cross_entropy.ts";
import { picked } from "./cross_entropy.ts";
import {
  areIndices,
  checkClassTargets,
  classScores,
  meanPerExample,
  numbersLike,
} from "./targets.ts";

/** Options of `focal`. */
export interface FocalOptions {
  /** How much less examples count that are answered well; 0 is cross-entropy. @default {2} */
  readonly gamma?: number;
  /** A factor for all classes, or one for each. @default {1} */
  readonly alpha?: number | readonly number[];
}

/** Options of `binaryFocal`. */
export interface BinaryFocalOptions {
  /** How much less labels count that are answered well; 0 is binary cross-entropy. @default {2} */
  readonly gamma?: number;
  /** Factor of a yes, from 0 to 1; a no has 1 − alpha. @default {both 1} */
  readonly alpha?: number;
}

const gamma = z.number().min(0).optional();
const positive = z.number().min(0);
const schema: z.ZodType<FocalOptions> = z.strictObject({
  gamma,
  alpha: z.union([positive, z.array(positive).min(2)])
    .describe("a number from 0 on, or one for each class").optional(),
}) as z.ZodType<FocalOptions>;
const binarySchema: z.ZodType<BinaryFocalOptions> = z.strictObject({
  gamma,
  alpha: z.number().min(0).max(1).optional(),
}) as z.ZodType<BinaryFocalOptions>;

/** Where 1 − p falls below this, a power of it has no slope; powers below 1 would have an endless one. */
const LEAST = 1e-7;

/**
 * Focal loss of classes: −α·(1 − p)^γ·ln p of the softmax of the outputs (Lin et al. 2017, "Focal loss
 * for dense object detection"), which lets the hard examples speak. Targets are as for
 * `crossEntropy`; the mean is over the examples.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { focal, loadBackbone, valueAndGrad } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const plain = await valueAndGrad(model, { x }, targets);
 * const { loss } = await valueAndGrad(model, { x }, targets, { loss: focal({ gamma: 2 }) });
 * assert(loss < plain.loss);
 * ```
 */
export function focal(options: FocalOptions = {}): LossDefinition {
  const given = checkOptions("focal", schema, options);
  return {
    name: "focal",
    settings: { gamma: 2, ...given },
    targets: "classes",
    contains: "Softmax",
    losses: (g, output, target) => {
      const scores = classScores(g, output);
      checkClassTargets("focal", scores, target);
      const logs = g.logSoftmax(scores, 1);
      const each = g.mul(g.neg(logs), faded(g, g.unary("Exp", logs), given.gamma));
      const scaled = weighted(g, each, given);
      const losses = areIndices(target)
        ? picked(g, scaled, target)
        : g.reduceSum(g.mul(scaled, target), [1], false);
      return meanPerExample(g, losses);
    },
  };
}

/**
 * Focal loss of yes and no, for outputs `[N, C]` of which any number may be right: the mean over the
 * classes of α·(1 − p)^γ·(binary cross-entropy), p the probability of the right answer. The numbers
 * are those of torchvision's `sigmoid_focal_loss`, where alpha is 0.25 by default.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { binaryFocal, loadBackbone, replaceHead, valueAndGrad } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { classes: ["loops", "lines"], task: "multiLabel" });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784) } as const;
 * const targets = { type: "float32", dims: [1, 2], data: Float32Array.of(1, 0) } as const;
 * const { loss } = await valueAndGrad(model, { x }, targets, { loss: binaryFocal() });
 * assert(loss < (await valueAndGrad(model, { x }, targets)).loss);
 * ```
 */
export function binaryFocal(options: BinaryFocalOptions = {}): LossDefinition {
  const given = checkOptions("binaryFocal", binarySchema, options);
  return {
    name: "binaryFocal",
    settings: { gamma: 2, ...given },
    targets: "labels",
    contains: "Sigmoid",
    losses: (g, output, target) => {
      const t = numbersLike(g, "binaryFocal", output, target);
      const p = g.unary("Sigmoid", output);
      const both = (yes: Value, no: Value) => g.add(g.mul(yes, t), g.mul(no, g.shift(g.neg(t), 1)));
      const right = both(p, g.shift(g.neg(p), 1));
      const losses = g.mul(perLabel(g, output, t), faded(g, right, given.gamma));
      const { alpha } = given;
      if (alpha === undefined) return meanPerExample(g, losses);
      const [yes, no] = [alpha, 1 - alpha].map((part) => g.scalar(part, "float32"));
      return meanPerExample(g, g.mul(losses, both(yes!, no!)));
    },
  };
}

/** (1 − p)^γ. */
function faded(g: Builder, p: Value, gamma = 2): Value {
  const rest = g.op("Max", [g.shift(g.neg(p), 1), g.scalar(LEAST, p)], dimsOf(p));
  if (gamma === 0) return g.scalar(1, p);
  if (gamma === 1) return rest;
  return gamma === 2 ? g.mul(rest, rest) : g.pow(rest, g.scalar(gamma, p));
}

function weighted(g: Builder, losses: Value, { alpha = 1 }: FocalOptions): Value {
  if (typeof alpha === "number") return g.scale(losses, alpha);
  const [, classes, ...places] = dimsOf(losses);
  if (alpha.length !== classes) {
    throw new RangeError(
      `focal(): option "alpha" must have a number for each of the ${classes} classes, found ` +
        `${alpha.length}`,
    );
  }
  const shape = [1, classes, ...places.map(() => 1)];
  return g.mul(losses, g.constant(tensor("float32", shape, alpha)));
}
