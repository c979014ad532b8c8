import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { LossDefinition } from "../loss.ts";
import { meanPerExample, numbersLike } from "./targets.ts";

/** Options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions {
  /** How much a yes counts against a no, for all classes or each; above 1 favours recall. @default {1} */
  readonly positiveWeights?: number | readonly number[];
  /** Draws targets towards 1/2: t·(1 − ε) + ε/2, ε from 0 to 1, as Keras has it. @default {0} */
  readonly labelSmoothing?: number;
}

const schema: z.ZodType<BinaryCrossEntropyOptions> = z.strictObject({
  positiveWeights: z.union([z.number().min(0), z.array(z.number().min(0)).min(1)])
    .describe("a number from 0 on, or one for each class").optional(),
  labelSmoothing: z.number().min(0).max(1).optional(),
}) as z.ZodType<BinaryCrossEntropyOptions>;

/**
 * Binary cross-entropy of the sigmoids of the outputs `[N, C]`, as PyTorch's
 * `F.binary_cross_entropy_with_logits` has it: the mean over the classes of
 * −p·t·ln σ(x) − (1 − t)·ln(1 − σ(x)). Targets are a yes (1) or no (0) for each class, or anything
 * between, of the output's shape.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { binaryCrossEntropy, loadBackbone, replaceHead, valueAndGrad } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(backbone, { classes: ["loops", "lines"], task: "multiLabel" });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784) } as const;
 * const targets = { type: "float32", dims: [1, 2], data: Float32Array.of(1, 0) } as const;
 * const of = async (positiveWeights: number) =>
 *   (await valueAndGrad(model, { x }, targets, { loss: binaryCrossEntropy({ positiveWeights }) }))
 *     .loss;
 * assertAlmostEquals(await of(3) - await of(2), await of(2) - await of(1), 1e-5);
 * ```
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): LossDefinition {
  const given = checkOptions("binaryCrossEntropy", schema, options);
  return {
    name: "binaryCrossEntropy",
    settings: { ...given },
    targets: "labels",
    contains: "Sigmoid",
    losses: (g, output, target) =>
      meanPerExample(
        g,
        perLabel(g, output, labels(g, "binaryCrossEntropy", output, target, given), given),
      ),
  };
}

/** Targets as numbers of the output's shape, smoothed. */
function labels(
  g: Builder,
  loss: string,
  output: Value,
  target: Value,
  { labelSmoothing = 0 }: BinaryCrossEntropyOptions,
): Value {
  const plain = numbersLike(g, loss, output, target);
  return g.shift(g.scale(plain, 1 - labelSmoothing), labelSmoothing / 2);
}

/**
 * −t·ln σ(x) − (1 − t)·ln(1 − σ(x)) = ln(1 + e^x) − t·x, which no x makes overflow; with weights p it
 * is (1 − t)·x + (1 + (p − 1)·t)·ln(1 + e^−x).
 */
export function perLabel(
  g: Builder,
  x: Value,
  t: Value,
  { positiveWeights }: BinaryCrossEntropyOptions = {},
): Value {
  if (positiveWeights === undefined) return g.sub(g.unary("Softplus", x), g.mul(x, t));
  const extra = g.mul(t, g.shift(perClass(g, x, positiveWeights), -1));
  const far = g.mul(g.shift(extra, 1), g.unary("Softplus", g.neg(x)));
  return g.add(g.mul(g.shift(g.neg(t), 1), x), far);
}

/** One number, or one for each class, ready to be multiplied with outputs `[N, C, ...]`. */
function perClass(g: Builder, x: Value, numbers: number | readonly number[]): Value {
  if (typeof numbers === "number") return g.scalar(numbers, "float32");
  const [, classes = 1, ...places] = dimsOf(x);
  if (numbers.length !== classes) {
    throw new RangeError(
      `binaryCrossEntropy(): option "positiveWeights" must have a number for each of the ` +
        `${classes} classes, found ${numbers.length}`,
    );
  }
  return g.constant(tensor("float32", [1, classes, ...places.map(() => 1)], numbers));
}
