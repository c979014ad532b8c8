import type { Node, Value } from "../../onnx/graph.ts";
import { positiveAxis, sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { type GradRule, type RuleContext, stop } from "../rule.ts";

const running = stop("running statistics are averages of past batches");

/**
 * Y = scale·x̂ + B with x̂ = (X − mean)/√(var + ε), per channel C of X `[N, C, ...]`.
 * By running statistics dX = dY·scale/σ. By the batch's own (training_mode = 1), with m numbers a
 * channel, dX = scale/σ·(dY − ΣdY/m − x̂·Σ(dY·x̂)/m) (Ioffe and Szegedy, arXiv 1502.03167).
 * In a training graph the two further outputs are the batch's mean and variance.
 */
export const batchNormalization: GradRule<"BatchNormalization"> = {
  X: ({ g, x, y, dy, node }) => {
    const { inverse, centred, channels, count } = statistics(g, x, y, node);
    const slope = channels(g.mul(x.scale, inverse));
    if (node.int("training_mode", 0) === 0) return g.mul(dy.Y, slope);
    const axes = otherAxes(x.X);
    const meanOfDy = g.scale(g.reduceSum(dy.Y, axes), 1 / count);
    const product = g.reduceSum(g.mul(dy.Y, centred), axes);
    const along = g.scale(g.mul(product, channels(g.mul(inverse, inverse))), 1 / count);
    // Sums of products with numbers by channel, which some kernels take in one pass.
    const rest = g.add(
      g.mul(centred, g.neg(g.mul(along, slope))),
      g.neg(g.mul(meanOfDy, slope)),
    );
    return g.add(g.mul(dy.Y, slope), rest);
  },
  scale: ({ g, x, y, dy, node }) => {
    const { inverse, centred } = statistics(g, x, y, node);
    const product = g.reduceSum(g.mul(dy.Y, centred), otherAxes(x.X));
    return g.mul(g.reshape(product, dimsOf(x.scale)), inverse);
  },
  B: ({ g, x, dy }) => g.reshape(g.reduceSum(dy.Y, otherAxes(x.X)), dimsOf(x.B)),
  input_mean: running,
  input_var: running,
};

function statistics(
  g: Builder,
  x: { X: Value; input_mean: Value; input_var: Value },
  y: { running_mean: Value | undefined; running_var: Value | undefined },
  node: Node,
) {
  const shape = dimsOf(x.X);
  const training = node.int("training_mode", 0) === 1;
  const mean = training ? y.running_mean! : x.input_mean;
  const variance = training ? y.running_var! : x.input_var;
  const channels = (vector: Value) =>
    g.reshape(vector, shape.map((dim, axis) => axis === 1 ? dim : 1));
  const deviation = g.unary("Sqrt", g.shift(variance, node.float("epsilon", 1e-5)));
  return {
    channels,
    inverse: g.unary("Reciprocal", deviation),
    centred: g.sub(x.X, channels(mean)),
    count: sizeOf(shape) / (shape[1] ?? 1),
  };
}

function otherAxes(x: Value): number[] {
  return dimsOf(x).flatMap((_, axis) => axis === 1 ? [] : [axis]);
}

/**
 * Y = Scale·x̂ + B with x̂ = (X − mean)/σ over the axes from `axis` on, so with dx̂ = dY·Scale
 * dX = (dx̂ − mean(dx̂) − x̂·mean(dx̂·x̂))/σ (Ba, Kiros and Hinton, arXiv 1607.06450).
 */
export const layerNormalization: GradRule<"LayerNormalization"> = {
  X: (context) => {
    const { g, x, dy, node } = context;
    const { axes, inverse, normal } = normalised(g, x.X, node);
    const scaled = g.mul(dy.Y, x.Scale);
    const mean = g.reduce("ReduceMean", scaled, axes);
    const along = g.reduce("ReduceMean", g.mul(scaled, normal), axes);
    const through = g.mul(g.sub(g.sub(scaled, mean), g.mul(normal, along)), inverse);
    return g.sum([through, ...throughStatistics(context, normal, inverse)]);
  },
  Scale: ({ g, x, dy, node }) => g.mul(dy.Y, normalised(g, x.X, node).normal),
  B: ({ dy }) => dy.Y,
};

/** Through the further outputs over m elements: d mean = 1/m for each, d(1/σ) = −x̂/(m·σ²). */
function throughStatistics(
  { g, x, y, dy }: RuleContext<"LayerNormalization">,
  normal: Value,
  inverse: Value,
): Value[] {
  const parts: Value[] = [];
  const shape = dimsOf(x.X);
  const share = sizeOf(dimsOf(inverse)) / sizeOf(shape);
  if (y.Mean) parts.push(g.expand(g.scale(dy.Mean, share), shape));
  if (y.InvStdDev) {
    const slope = g.mul(dy.InvStdDev, g.mul(inverse, inverse));
    parts.push(g.mul(g.scale(normal, -share), slope));
  }
  return parts;
}

function normalised(g: Builder, X: Value, node: Node) {
  const first = positiveAxis(node.int("axis", -1), dimsOf(X).length);
  const axes = dimsOf(X).flatMap((_, axis) => axis >= first ? [axis] : []);
  const centred = g.sub(X, g.reduce("ReduceMean", X, axes));
  const variance = g.reduce("ReduceMean", g.mul(centred, centred), axes);
  const inverse = g.unary(
    "Reciprocal",
    g.unary("Sqrt", g.shift(variance, node.float("epsilon", 1e-5))),
  );
  return { axes, inverse, normal: g.mul(centred, inverse) };
}

/**
 * Y = X·s^−beta with s = bias + alpha/size·ΣX² over `size` neighbouring channels, so
 * dX = dY·s^−beta − 2·alpha·beta/size·X·Σ(dY·Y/s), the sum over the channels X is a neighbour of
 * (Krizhevsky, Sutskever and Hinton, 2012).
 */
export const lrn: GradRule<"LRN"> = {
  X: ({ g, x, y, dy, node }) => {
    const size = node.int("size", 1);
    const alpha = node.float("alpha", 0.0001) / size;
    const beta = node.float("beta", 0.75);
    const before = Math.floor((size - 1) / 2);
    const after = size - 1 - before;
    const squares = channelSums(g, g.mul(x.X, x.X), before, after);
    const s = g.shift(g.scale(squares, alpha), node.float("bias", 1));
    const own = g.mul(dy.Y, g.pow(s, g.scalar(-beta, s)));
    const shares = channelSums(g, g.div(g.mul(dy.Y, y.Y), s), after, before);
    return g.sub(own, g.scale(g.mul(x.X, shares), 2 * alpha * beta));
  },
};

/** Sums over the channels from `before` earlier to `after` later. */
function channelSums(g: Builder, x: Value, before: number, after: number): Value {
  const shape = dimsOf(x);
  const at = (count: number) => shape.map((_, axis) => axis === 1 ? count : 0);
  const padded = g.pad(x, at(before), at(after));
  const windows = Array.from(
    { length: before + after + 1 },
    (_, start) => g.slice(padded, [1], [start], [start + shape[1]!]),
  );
  return g.sum(windows);
}
