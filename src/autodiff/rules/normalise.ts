import type { Value } from "../../onnx/graph.ts";
import { positiveAxis, sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { GradRule, RuleContext } from "../rule.ts";

/** A value less its mean over `axes`, over its deviation there. */
interface Normal {
  readonly normal: Value;
  readonly inverse: Value;
  readonly axes: readonly number[];
}

/** x̂ = (x − mean)/√(variance + ε) over `axes`. */
function normalised(g: Builder, x: Value, axes: readonly number[], epsilon: number): Normal {
  const centred = g.sub(x, g.reduce("ReduceMean", x, axes));
  const variance = g.reduce("ReduceMean", g.mul(centred, centred), axes);
  const inverse = inverseRoot(g, g.shift(variance, epsilon));
  return { normal: g.mul(centred, inverse), inverse, axes };
}

/** dx = (dx̂ − mean(dx̂) − x̂·mean(dx̂·x̂))/σ. */
function throughNormal(g: Builder, { normal, inverse, axes }: Normal, slope: Value): Value {
  const mean = g.reduce("ReduceMean", slope, axes);
  const along = g.reduce("ReduceMean", g.mul(slope, normal), axes);
  return g.mul(g.sub(g.sub(slope, mean), g.mul(normal, along)), inverse);
}

function inverseRoot(g: Builder, x: Value): Value {
  return g.unary("Reciprocal", g.unary("Sqrt", x));
}

function axesFrom(first: number, x: Value): number[] {
  return dimsOf(x).flatMap((_, axis) => axis >= first ? [axis] : []);
}

/** A vector `[C]` along axis 1 of `x`. */
function alongChannels(g: Builder, vector: Value, x: Value): Value {
  return g.reshape(vector, dimsOf(x).map((dim, axis) => axis === 1 ? dim : 1));
}

/** Sums over all axes but the channels', `[C]`. */
function overChannels(g: Builder, x: Value): Value {
  return g.reduceSum(x, dimsOf(x).flatMap((_, axis) => axis === 1 ? [] : [axis]), false);
}

/** Each image and channel normalised over its positions (Ulyanov et al., arXiv 1607.08022). */
export const instanceNormalization: GradRule<"InstanceNormalization"> = {
  input: ({ g, x, dy, node }) => {
    const normal = normalised(g, x.input, axesFrom(2, x.input), node.float("epsilon", 1e-5));
    return throughNormal(g, normal, g.mul(dy.output, alongChannels(g, x.scale, x.input)));
  },
  scale: ({ g, x, dy, node }) => {
    const axes = axesFrom(2, x.input);
    const { normal } = normalised(g, x.input, axes, node.float("epsilon", 1e-5));
    return overChannels(g, g.mul(dy.output, normal));
  },
  B: ({ g, dy }) => overChannels(g, dy.output),
};

/** Each image normalised over groups of channels and their positions (Wu and He, arXiv 1803.08494). */
export const groupNormalization: GradRule<"GroupNormalization"> = {
  X: ({ g, x, dy, node }) => {
    const grouped = byGroup(x.X, node.int("num_groups", 1));
    const normal = normalised(g, g.reshape(x.X, grouped), [2], node.float("epsilon", 1e-5));
    const slope = g.reshape(g.mul(dy.Y, groupScale(g, x.scale, x.X)), grouped);
    return g.reshape(throughNormal(g, normal, slope), dimsOf(x.X));
  },
  scale: ({ g, x, dy, node }) => {
    const grouped = byGroup(x.X, node.int("num_groups", 1));
    const epsilon = node.float("epsilon", 1e-5);
    const { normal } = normalised(g, g.reshape(x.X, grouped), [2], epsilon);
    const sums = overChannels(g, g.mul(dy.Y, g.reshape(normal, dimsOf(x.X))));
    return perGroup(g, sums, x.scale);
  },
  bias: ({ g, x, dy }) => perGroup(g, overChannels(g, dy.Y), x.bias),
};

function byGroup(x: Value, groups: number): number[] {
  const [images, ...rest] = dimsOf(x) as [number, ...number[]];
  return [images, groups, sizeOf(rest) / groups];
}

/** The scale of each channel; until opset 21 there was one a group. */
function groupScale(g: Builder, scale: Value, x: Value): Value {
  const channels = dimsOf(x)[1]!;
  const [given] = dimsOf(scale) as [number];
  const each = g.expand(g.reshape(scale, [given, 1]), [given, channels / given]);
  return alongChannels(g, g.reshape(each, [channels]), x);
}

/** Sums over channels `[C]` as what is given has them: of each channel or of each group. */
function perGroup(g: Builder, sums: Value, like: Value): Value {
  const [given] = dimsOf(like) as [number];
  const [channels] = dimsOf(sums) as [number];
  return g.reduceSum(g.reshape(sums, [given, channels / given]), [1], false);
}

/** Y = X/√(mean(X²) + ε)·scale over the axes from `axis` on (Zhang and Sennrich, arXiv 1910.07467). */
export const rmsNormalization: GradRule<"RMSNormalization"> = {
  X: ({ g, x, dy, node }) => throughRoot(g, x.X, g.mul(dy.Y, x.scale), node.int("axis", -1), node),
  scale: ({ g, x, dy, node }) => g.mul(dy.Y, overRoot(g, x.X, node.int("axis", -1), node).normal),
};

/** The same by the name that the runtime gives it. */
export const simplifiedLayerNormalization: GradRule<"SimplifiedLayerNormalization"> = {
  X: ({ g, x, y, dy, node }) => {
    const axis = node.int("axis", -1);
    const through = throughRoot(g, x.X, g.mul(dy.Y, x.scale), axis, node);
    if (!y.InvStdDev) return through;
    // Of 1/root over m elements: −x̂/(m·root²).
    const { normal, inverse } = overRoot(g, x.X, axis, node);
    const share = sizeOf(dimsOf(inverse)) / sizeOf(dimsOf(x.X));
    const slope = g.mul(dy.InvStdDev, g.mul(inverse, inverse));
    return g.add(through, g.mul(g.scale(normal, -share), slope));
  },
  scale: ({ g, x, dy, node }) => g.mul(dy.Y, overRoot(g, x.X, node.int("axis", -1), node).normal),
};

interface HasFloat {
  float(name: string, otherwise: number): number;
}

function overRoot(g: Builder, x: Value, axis: number, node: HasFloat): Normal {
  const axes = axesFrom(positiveAxis(axis, dimsOf(x).length), x);
  const square = g.reduce("ReduceMean", g.mul(x, x), axes);
  const inverse = inverseRoot(g, g.shift(square, node.float("epsilon", 1e-5)));
  return { normal: g.mul(x, inverse), inverse, axes };
}

/** dx = (dx̂ − x̂·mean(dx̂·x̂))/root. */
function throughRoot(g: Builder, x: Value, slope: Value, axis: number, node: HasFloat): Value {
  const { normal, inverse, axes } = overRoot(g, x, axis, node);
  const along = g.reduce("ReduceMean", g.mul(slope, normal), axes);
  return g.mul(g.sub(slope, g.mul(normal, along)), inverse);
}

/**
 * output = input/‖input‖ along `axis`: d input = (dy − output'·Σ(dy·output))/‖input‖, and 0 where
 * the length is 0, which the runtime leaves as it is.
 */
export const lpNormalization: GradRule<"LpNormalization"> = {
  input: ({ g, x, y, dy, node }) => {
    const axis = positiveAxis(node.int("axis", -1), dimsOf(x.input).length);
    const isSum = node.int("p", 2) === 1;
    const norm = isSum
      ? g.reduceSum(g.unary("Abs", x.input), [axis])
      : g.unary("Sqrt", g.reduce("ReduceSumSquare", x.input, [axis]));
    const along = g.reduceSum(g.mul(dy.output, y.output), [axis]);
    const direction = isSum ? g.unary("Sign", x.input) : y.output;
    const isZero = g.compare("Equal", norm, g.scalar(0, norm));
    const slope = g.div(
      g.sub(dy.output, g.mul(direction, along)),
      g.where(isZero, g.scalar(1, norm), norm),
    );
    return g.where(isZero, g.scalar(0, slope), slope);
  },
};

/** Normalises input + skip (+ bias); the fourth output is that sum. */
export const skipLayerNormalization: GradRule<"com.microsoft.SkipLayerNormalization"> = {
  input: (context) => skipped(context),
  skip: (context) => skipped(context),
  gamma: ({ g, x, dy, node }) => {
    const sum = skipSum(g, x);
    const axes = axesFrom(dimsOf(sum).length - 1, sum);
    return g.mul(dy.output, normalised(g, sum, axes, node.float("epsilon", 1e-12)).normal);
  },
  beta: ({ dy }) => dy.output,
  bias: (context) => skipped(context),
};

type Skip = RuleContext<"com.microsoft.SkipLayerNormalization">;

function skipSum(g: Builder, x: Skip["x"]): Value {
  const sum = g.add(x.input, x.skip);
  return x.bias ? g.add(sum, x.bias) : sum;
}

function skipped({ g, x, dy, node }: Skip): Value {
  const sum = skipSum(g, x);
  const axes = axesFrom(dimsOf(sum).length - 1, sum);
  const normal = normalised(g, sum, axes, node.float("epsilon", 1e-12));
  const through = throughNormal(g, normal, g.mul(dy.output, x.gamma));
  return node.outputs[3] ? g.add(through, dy.input_skip_bias_sum) : through;
}
