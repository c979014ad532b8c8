import { type Builder, dimsOf, typeOf } from "../autodiff/builder.ts";
import type { Value } from "../onnx/graph.ts";

/** Losses by name. */
export type LossName = "crossEntropy" | "mse" | "binaryCrossEntropy";

/**
 * A loss of one's own: from the model's output `[N, ...]` and the targets, one number an example,
 * `[N]`. `g` adds the operators.
 */
export type LossFunction = (g: Builder, output: Value, target: Value) => Value;

/** A loss by name, or one's own. */
export type Loss = LossName | LossFunction;

/** The loss of each example, `[N]`. */
export function exampleLosses(g: Builder, loss: Loss, output: Value, target: Value): Value {
  if (typeof loss === "function") return loss(g, output, target);
  switch (loss) {
    case "crossEntropy":
      return crossEntropy(g, output, target);
    case "mse": {
      const error = g.sub(output, target);
      return meanPerExample(g, g.mul(error, error));
    }
    case "binaryCrossEntropy":
      // −t·ln σ(x) − (1 − t)·ln(1 − σ(x)) = ln(1 + e^x) − t·x, which no x makes overflow.
      return meanPerExample(g, g.sub(g.unary("Softplus", output), g.mul(output, target)));
  }
}

/** The mean of the losses by weight: Σ weight·loss / Σ weight, a scalar. */
export function weightedMean(g: Builder, losses: Value, weights: Value): Value {
  const total = g.reduceSum(g.mul(losses, weights), [0], false);
  return g.div(total, g.reduceSum(weights, [0], false));
}

/** −ln of the probability of the right class; or against a distribution over the classes. */
function crossEntropy(g: Builder, output: Value, target: Value): Value {
  const shape = dimsOf(output);
  const logits = shape.length > 2 && shape.slice(2).every((dim) => dim === 1)
    ? g.reshape(output, shape.slice(0, 2))
    : output;
  const logs = g.logSoftmax(logits, 1);
  if (typeOf(target) !== "int64") {
    return meanPerExample(g, g.neg(g.reduceSum(g.mul(logs, target), [1], false)));
  }
  const places = dimsOf(target);
  const column = g.reshape(target, [places[0]!, 1, ...places.slice(1)]);
  const picked = g.op("GatherElements", [logs, column], dimsOf(column), { axis: 1 });
  return meanPerExample(g, g.neg(g.reshape(picked, places)));
}

function meanPerExample(g: Builder, errors: Value): Value {
  const axes = dimsOf(errors).map((_, axis) => axis).slice(1);
  return axes.length === 0 ? errors : g.reduce("ReduceMean", errors, axes, false);
}
