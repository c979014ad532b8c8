import { type Builder, dimsOf, typeOf } from "../../../autodiff/builder.ts";
import { numbersOf } from "../../../autodiff/constant.ts";
import type { Node, Value } from "../../../onnx/graph.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { like, lowering, type LoweringContext, shaped } from "../lowering.ts";

/** The label that the training kernels leave out where none is named. */
export const IGNORED = -1;

type Inputs = "dY" | "log_prob" | "label" | "weight?";

/**
 * d scores = (e^log_prob − onehot(label))·s at every position, 0 where the label is the ignored one;
 * s is dY times the label's weight, and for the mean over the sum of these weights.
 */
export const crossEntropyGrad = lowering(
  ["dY", "log_prob", "label", "weight?"],
  (context) => [throughCrossEntropy(context, context.node.int("ignore_index", IGNORED))],
);

/** The same with the ignored label as an input, and a bias that is added at the end. */
export const crossEntropyInternalGrad = lowering(
  ["dY", "log_prob", "label", "weight?", "ignore_index?", "bias?"],
  ({ g, node, x }) => {
    const ignored = x.ignore_index ? numbersOf(x.ignore_index, node)[0]! : IGNORED;
    const gradient = throughCrossEntropy({ g, node, x }, ignored);
    return [x.bias ? g.add(gradient, g.reshape(x.bias, dimsOf(gradient))) : gradient];
  },
);

function throughCrossEntropy(
  { g, node, x }: LoweringContext<Inputs>,
  ignored: number,
): Value {
  const shape = dimsOf(x.log_prob);
  const single = [shape[0]!, 1, ...shape.slice(2)];
  const labels = g.reshape(g.cast(x.label, "int64"), single);
  const isKept = g.compare("Equal", labels, g.scalar(ignored, labels));
  const kept = g.op("Not", [isKept], single);
  const weights = weightsOf(g, x, labels, kept);
  const scale = scaleOf(g, node, x, weights);
  const difference = g.sub(g.unary("Exp", x.log_prob), oneHot(g, labels, x.log_prob));
  return g.mul(difference, scale);
}

/** The weight of each position's label, 0 where it is ignored: `[N, 1, ...]`. */
function weightsOf(
  g: Builder,
  x: LoweringContext<Inputs>["x"],
  labels: Value,
  kept: Value,
): Value {
  const mask = g.cast(kept, typeOf(x.log_prob));
  if (!x.weight) return mask;
  const safe = g.where(kept, labels, g.scalar(0, labels));
  const flat = g.reshape(safe, [sizeOf(dimsOf(safe))]);
  return g.mul(g.reshape(g.gather(x.weight, flat, 0), dimsOf(safe)), mask);
}

/** What every position's difference is multiplied by. Where no label is kept, nothing is divided. */
function scaleOf(
  g: Builder,
  node: Node,
  x: LoweringContext<Inputs>["x"],
  weights: Value,
): Value {
  const reduction = node.string("reduction", "mean");
  const single = dimsOf(weights);
  if (reduction === "none") {
    const [images, , ...rest] = single as [number, number, ...number[]];
    const dy = shaped(x.dY, x.log_prob, [images, ...rest]);
    return g.mul(g.reshape(dy, single), weights);
  }
  const dy = shaped(x.dY, x.log_prob, []);
  if (reduction === "sum") return g.mul(weights, dy);
  const total = g.reshape(g.reduceSum(weights, single.map((_, axis) => axis)), []);
  const isNone = g.compare("Equal", total, g.scalar(0, total));
  return g.mul(weights, g.div(dy, g.where(isNone, g.scalar(1, total), total)));
}

function oneHot(g: Builder, labels: Value, logs: Value): Value {
  const shape = dimsOf(logs);
  const classes = g.integers(Array.from({ length: shape[1]! }, (_, index) => index));
  const column = g.reshape(classes, shape.map((dim, axis) => axis === 1 ? dim : 1));
  return like(g.cast(g.compare("Equal", labels, column), typeOf(logs)), logs);
}
