import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { LossDefinition, LossTerm } from "../loss.ts";
import { balanced } from "./balanced.ts";
import { areIndices, checkClassTargets, classScores, meanPerExample } from "./targets.ts";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /**
   * Part of the right class's share that is spread evenly over all classes, from 0 to 1 (Szegedy et
   * al. 2016, "Rethinking the Inception architecture"). @default {0}
   */
  readonly labelSmoothing?: number;
  /**
   * How much each class counts; "balanced" is Σ examples / (classes · examples of the class), counted
   * in the data. @default {1 each}
   */
  readonly classWeights?: readonly number[] | "balanced";
  /** The class index of examples, or of pixels, that do not count. @default {none} */
  readonly ignoreIndex?: number;
}

const schema: z.ZodType<CrossEntropyOptions> = z.strictObject({
  labelSmoothing: z.number().min(0).max(1).optional(),
  classWeights: z.union([z.literal("balanced"), z.array(z.number().min(0)).min(2)])
    .describe('"balanced" or a number from 0 on for each class').optional(),
  ignoreIndex: z.number().int().optional(),
}) as z.ZodType<CrossEntropyOptions>;

/**
 * Cross-entropy of the softmax of the outputs `[N, C]` or `[N, C, ...]`, as PyTorch's
 * `F.cross_entropy` has it, label smoothing, weights and ignored classes included:
 * Σ wᵧ·(−ln pᵧ) / Σ wᵧ. Targets are class indices `[N, ...]`, or shares of the classes of the
 * output's shape, whose mean is over the examples. A batch of which nothing counts has loss 0.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { crossEntropy, loadBackbone, valueAndGrad } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const loss = crossEntropy({ labelSmoothing: 0.1 });
 * assert((await valueAndGrad(model, { x }, targets, { loss })).loss > 0);
 * ```
 */
export function crossEntropy(options: CrossEntropyOptions = {}): LossDefinition {
  const given = checkOptions("crossEntropy", schema, options);
  const { classWeights, ignoreIndex } = given;
  return {
    name: "crossEntropy",
    settings: { ...given },
    targets: "classes",
    contains: "Softmax",
    ...(ignoreIndex !== undefined && { ignoreIndex }),
    ...(classWeights === "balanced" && {
      withCounts: (counts) => crossEntropy({ ...given, classWeights: balanced(counts) }),
    }),
    losses: (g, output, target) => {
      const scores = classScores(g, output);
      checkClassTargets("crossEntropy", scores, target);
      const logs = g.logSoftmax(scores, 1);
      return areIndices(target)
        ? ofIndices(g, logs, target, given)
        : meanPerExample(g, ofShares(g, logs, target, given));
    },
  };
}

/** −Σ w·t·ln p with the shares t smoothed, `[N, ...]`. */
function ofShares(g: Builder, logs: Value, target: Value, options: CrossEntropyOptions): Value {
  const { labelSmoothing = 0 } = options;
  const classes = dimsOf(logs)[1]!;
  const shares = g.shift(g.scale(target, 1 - labelSmoothing), labelSmoothing / classes);
  const weights = weightsOf(g, logs, options);
  const weighted = weights ? g.mul(shares, weights) : shares;
  return g.neg(g.reduceSum(g.mul(logs, weighted), [1], false));
}

function ofIndices(
  g: Builder,
  logs: Value,
  target: Value,
  options: CrossEntropyOptions,
): readonly LossTerm[] {
  const { labelSmoothing = 0, ignoreIndex } = options;
  const known = ignoreIndex === undefined
    ? undefined
    : g.op("Not", [g.compare("Equal", target, g.scalar(ignoreIndex, "int64"))], dimsOf(target));
  const classes = known ? g.where(known, target, g.scalar(0, "int64")) : target;
  const perClass = weightsOf(g, logs, options);
  const own = perClass && g.gather(g.reshape(perClass, [dimsOf(logs)[1]!]), classes, 0);
  const right = g.neg(picked(g, logs, classes));
  let losses = own ? g.mul(right, own) : right;
  if (labelSmoothing > 0) {
    const all = g.neg(g.reduceSum(perClass ? g.mul(logs, perClass) : logs, [1], false));
    const each = labelSmoothing / dimsOf(logs)[1]!;
    losses = g.add(g.scale(losses, 1 - labelSmoothing), g.scale(all, each));
  }
  if (!known) {
    return [{ losses: meanPerExample(g, losses), ...(own && { weights: meanPerExample(g, own) }) }];
  }
  const counts = g.cast(known, "float32");
  return [{
    losses: meanPerExample(g, g.where(known, losses, g.scalar(0, "float32"))),
    weights: meanPerExample(g, own ? g.mul(counts, own) : counts),
  }];
}

/** The entry of the right class in each place, `[N, ...]`. */
export function picked(g: Builder, perClass: Value, target: Value): Value {
  const places = dimsOf(target);
  const column = g.reshape(target, [places[0]!, 1, ...places.slice(1)]);
  const found = g.op("GatherElements", [perClass, column], dimsOf(column), { axis: 1 });
  return g.reshape(found, places);
}

/** The weights of the classes, ready to be multiplied with scores: `[1, C, 1, ...]`. */
function weightsOf(
  g: Builder,
  scores: Value,
  { classWeights }: CrossEntropyOptions,
): Value | undefined {
  if (classWeights === undefined) return undefined;
  const classes = dimsOf(scores)[1]!;
  if (classWeights === "balanced") {
    throw new TypeError(
      'crossEntropy(): the "balanced" weights are counted in a data set, and there is none here; ' +
        "give the numbers: crossEntropy({ classWeights: await balancedWeights(dataset) })",
    );
  }
  if (classWeights.length !== classes) {
    throw new RangeError(
      `crossEntropy(): option "classWeights" must have a number for each of the ${classes} classes, ` +
        `found ${classWeights.length}`,
    );
  }
  const shape = [1, classes, ...dimsOf(scores).slice(2).map(() => 1)];
  return g.constant(tensor("float32", shape, classWeights));
}
