import type { Node, Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { WriteOut } from "./written.ts";

/** −weight·log-probability of each position's class, as a mean, a sum or one by one. */
export const negativeLogLikelihood: WriteOut = (g, node) => {
  const [logProbabilities, targets, weights] = node.inputs as [Value, Value, Value?];
  return [lossOf(g, node, logProbabilities, targets, weights)];
};

/** The same over the softmax of scores along the second axis, and its logarithm. */
export const softmaxCrossEntropy: WriteOut = (g, node) => {
  const [scores, labels, weights] = node.inputs as [Value, Value, Value?];
  const logProbabilities = g.logSoftmax(scores, 1);
  return [lossOf(g, node, logProbabilities, labels, weights), logProbabilities];
};

/** A mean over no position at all is 0, where the runtime's own gives NaN. */
function lossOf(g: Builder, node: Node, logs: Value, targets: Value, weights?: Value): Value {
  const shape = dimsOf(targets);
  const column = [shape[0]!, 1, ...shape.slice(1)];
  const ignored = node.attributes.has("ignore_index")
    ? g.compare("Equal", targets, g.scalar(node.int("ignore_index", 0), targets))
    : undefined;
  const labels = ignored ? g.where(ignored, g.scalar(0, targets), targets) : targets;
  const own = g.op("GatherElements", [logs, g.reshape(labels, column)], column, { axis: 1 });
  const each = weights ? g.gather(weights, labels, 0) : g.full(shape, 1, "float32");
  const counted = ignored ? g.where(ignored, g.scalar(0, each), each) : each;
  const losses = g.neg(g.mul(g.reshape(own, shape), counted));
  const reduction = node.string("reduction", "mean");
  if (reduction === "none") return losses;
  const axes = shape.map((_, axis) => axis);
  const total = g.reduceSum(losses, axes, false);
  if (reduction === "sum") return total;
  const count = g.reduceSum(counted, axes, false);
  const isNone = g.compare("Equal", count, g.scalar(0, count));
  return g.div(total, g.where(isNone, g.scalar(1, count), count));
}
