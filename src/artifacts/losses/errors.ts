import { z } from "zod";
import type { Builder } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { LossDefinition } from "../loss.ts";
import { meanPerExample, numbersLike } from "./targets.ts";

/** Options of `huber`. */
export interface HuberOptions {
  /** The error from which on the loss grows along a line. @default {1} */
  readonly delta?: number;
}

/** Options of `smoothL1`. */
export interface SmoothL1Options {
  /** The error from which on the loss grows along a line of slope 1; 0 is `mae()`. @default {1} */
  readonly beta?: number;
}

const huberSchema: z.ZodType<HuberOptions> = z.strictObject({
  delta: z.number().positive().optional(),
}) as z.ZodType<HuberOptions>;
const smoothSchema: z.ZodType<SmoothL1Options> = z.strictObject({
  beta: z.number().min(0).optional(),
}) as z.ZodType<SmoothL1Options>;

/**
 * Mean squared error of numbers of the output's shape, as `loss: "mse"`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mse } from "@graft/graft";
 *
 * assertEquals(mse().targets, "numbers");
 * ```
 */
export function mse(): LossDefinition {
  return ofErrors("mse", {}, (g, error) => g.mul(error, error));
}

/**
 * Mean absolute error of numbers of the output's shape.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { loadBackbone, mae, replaceHead, valueAndGrad } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { outputs: 1, task: "regression" });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784) } as const;
 * const targets = { type: "float32", dims: [1, 1], data: Float32Array.of(100) } as const;
 * const { loss, outputs } = await valueAndGrad(model, { x }, targets, { loss: mae() });
 * assertAlmostEquals(loss, 100 - Number(outputs.output!.data[0]), 1e-4);
 * ```
 */
export function mae(): LossDefinition {
  return ofErrors("mae", {}, (g, error) => g.unary("Abs", error));
}

/**
 * Huber's loss (1964) of numbers of the output's shape: e²/2 for errors up to delta, past it
 * delta·(|e| − delta/2); PyTorch's `F.huber_loss`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { huber } from "@graft/graft";
 *
 * assertEquals(huber({ delta: 0.5 }).settings, { delta: 0.5 });
 * ```
 */
export function huber(options: HuberOptions = {}): LossDefinition {
  const { delta = 1 } = checkOptions("huber", huberSchema, options);
  return ofErrors("huber", { delta }, (g, error) => g.scale(bent(g, error, delta), delta));
}

/**
 * Huber's loss with slope 1: e²/(2·beta) for errors below beta, past it |e| − beta/2; PyTorch's
 * `F.smooth_l1_loss`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { smoothL1 } from "@graft/graft";
 *
 * assertEquals(smoothL1().settings, { beta: 1 });
 * ```
 */
export function smoothL1(options: SmoothL1Options = {}): LossDefinition {
  const { beta = 1 } = checkOptions("smoothL1", smoothSchema, options);
  return ofErrors(
    "smoothL1",
    { beta },
    (g, error) => beta === 0 ? g.unary("Abs", error) : bent(g, error, beta),
  );
}

/** e²/(2·width) below `width`, |e| − width/2 from there on. */
function bent(g: Builder, error: Value, width: number): Value {
  const size = g.unary("Abs", error);
  const near = g.scale(g.mul(error, error), 0.5 / width);
  const isNear = g.compare("Less", size, g.scalar(width, error));
  return g.where(isNear, near, g.shift(size, -width / 2));
}

function ofErrors(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  of: (g: Builder, error: Value) => Value,
): LossDefinition {
  return {
    name,
    settings,
    targets: "numbers",
    losses: (g, output, target) =>
      meanPerExample(g, of(g, g.sub(output, numbersLike(g, name, output, target)))),
  };
}
