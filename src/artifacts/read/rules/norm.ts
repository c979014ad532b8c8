import { type Builder, dimsOf } from "../../../autodiff/builder.ts";
import type { Value } from "../../../onnx/graph.ts";
import { positiveAxis, sizeOf } from "../../../tensor/shape.ts";
import { like, lowering } from "../lowering.ts";

/** With x̂ = (X − mean)·inv per channel: dX = scale·inv·(dY − ΣdY/m − x̂·Σ(dY·x̂)/m), m numbers a channel. */
export const batchNormGrad = lowering(
  ["dY", "X", "scale", "saved_mean", "saved_inv_std"],
  ({ g, x }) => {
    const shape = dimsOf(x.X);
    const axes = shape.flatMap((_, axis) => axis === 1 ? [] : [axis]);
    const channels = (vector: Value) =>
      g.reshape(like(vector, x.scale), shape.map((dim, axis) => axis === 1 ? dim : 1));
    const dy = like(x.dY, x.X);
    const inverse = channels(x.saved_inv_std);
    const normal = g.mul(g.sub(x.X, channels(x.saved_mean)), inverse);
    const bias = g.reduceSum(dy, axes);
    const scale = g.reduceSum(g.mul(dy, normal), axes);
    const share = 1 / (sizeOf(shape) / shape[1]!);
    const rest = g.scale(g.add(bias, g.mul(normal, scale)), share);
    const slope = g.mul(channels(x.scale), inverse);
    const vector = (sum: Value) => g.reshape(sum, [shape[1]!]);
    return [g.mul(slope, g.sub(dy, rest)), vector(scale), vector(bias)];
  },
);

/** With x̂ = (X − mean)·inv over the axes from `axis` on. */
export const layerNormGrad = lowering(
  ["dY", "X", "scale", "mean", "inv_std"],
  ({ g, node, x }) => {
    const axes = normalisedAxes(x.X, node.int("axis", -1));
    const inverse = likeStatistic(x.inv_std, x.X, axes);
    const normal = g.mul(g.sub(x.X, likeStatistic(x.mean, x.X, axes)), inverse);
    return throughNormal(g, {
      dy: like(x.dY, x.X),
      normal,
      inverse,
      scale: x.scale,
      axes,
      centred: true,
    });
  },
);

/** The same from Y: x̂ = (Y − bias)/scale. */
export const invertibleLayerNormGrad = lowering(
  ["dY", "Y", "scale", "bias", "inv_std"],
  ({ g, node, x }) => {
    const axes = normalisedAxes(x.Y, node.int("axis", -1));
    const inverse = likeStatistic(x.inv_std, x.Y, axes);
    const normal = g.div(g.sub(x.Y, x.bias), x.scale);
    return throughNormal(g, {
      dy: like(x.dY, x.Y),
      normal,
      inverse,
      scale: x.scale,
      axes,
      centred: true,
    });
  },
);

/** With x̂ = X·inv over the axes from `axis` on. */
export const simplifiedLayerNormGrad = lowering(
  ["dY", "X", "scale", "inv_std"],
  ({ g, node, x }) => {
    const axes = normalisedAxes(x.X, node.int("axis", -1));
    const inverse = likeStatistic(x.inv_std, x.X, axes);
    const normal = g.mul(x.X, inverse);
    const parts = { dy: like(x.dY, x.X), normal, inverse, scale: x.scale, axes };
    return throughNormal(g, { ...parts, centred: false }).slice(0, 2);
  },
);

interface Normal {
  readonly dy: Value;
  readonly normal: Value;
  readonly inverse: Value;
  readonly scale: Value;
  readonly axes: readonly number[];
  /** Whether the mean was taken away. */
  readonly centred: boolean;
}

/** With b = dY·scale: dX = (b − mean(b) − x̂·mean(b·x̂))·inv, dscale = Σ dY·x̂, dbias = Σ dY. */
function throughNormal(
  g: Builder,
  { dy, normal, inverse, scale, axes, centred }: Normal,
): readonly Value[] {
  const slope = g.mul(dy, scale);
  const along = g.mul(normal, g.reduce("ReduceMean", g.mul(slope, normal), axes));
  const rest = centred ? g.add(along, g.reduce("ReduceMean", slope, axes)) : along;
  const leading = dimsOf(normal).flatMap((_, axis) => axes.includes(axis) ? [] : [axis]);
  const over = (sum: Value) => g.reshape(g.reduceSum(sum, leading), dimsOf(scale));
  return [g.mul(g.sub(slope, rest), inverse), over(g.mul(dy, normal)), over(dy)];
}

function normalisedAxes(x: Value, axis: number): number[] {
  const rank = dimsOf(x).length;
  const first = positiveAxis(axis, rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

/** Statistics have the shape of X with 1 along the axes they were taken over. */
function likeStatistic(statistic: Value, x: Value, axes: readonly number[]): Value {
  statistic.type ??= x.type;
  statistic.shape ??= dimsOf(x).map((dim, axis) => axes.includes(axis) ? 1 : dim);
  return statistic;
}
