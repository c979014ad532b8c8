import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { LossDefinition } from "../loss.ts";
import { areIndices, classScores, meanPerExample, misfit } from "./targets.ts";

/** The smallest share whose logarithm is taken. */
const LEAST = 1e-38;

/**
 * The Kullback–Leibler divergence of the softmax of the outputs from a distribution over the classes,
 * Σ t·(ln t − ln p): PyTorch's `F.kl_div(F.log_softmax(x), t, reduction="batchmean")`. Targets are
 * shares of the output's shape; its gradient is that of cross-entropy, and a perfect answer has 0.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { klDivergence, loadBackbone, valueAndGrad } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784) } as const;
 * const even = new Float32Array(10).fill(0.1);
 * const targets = { type: "float32", dims: [1, 10], data: even } as const;
 * const { loss } = await valueAndGrad(model, { x }, targets, { loss: klDivergence() });
 * assert(loss >= 0 && loss < 0.1);
 * ```
 */
export function klDivergence(): LossDefinition {
  return {
    name: "klDivergence",
    targets: "numbers",
    contains: "Softmax",
    losses: (g, output, target) => {
      const scores = classScores(g, output);
      if (areIndices(target) || !sameShape(dimsOf(target), dimsOf(scores))) {
        throw misfit("klDivergence", "a distribution over the classes", target, scores);
      }
      return meanPerExample(g, divergence(g, target, g.logSoftmax(scores, 1)));
    },
  };
}

/** Σ t·(ln t − ln p) over axis 1, where 0·ln 0 is 0. */
export function divergence(g: Builder, shares: Value, logs: Value): Value {
  const bounded = g.op("Max", [shares, g.scalar(LEAST, shares)], dimsOf(shares));
  return g.reduceSum(g.mul(shares, g.sub(g.unary("Log", bounded), logs)), [1], false);
}
