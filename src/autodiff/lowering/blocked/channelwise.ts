import type { Node, Value } from "../../../onnx/graph.ts";
import { sameShape, sizeOf } from "../../../tensor/shape.ts";
import { type Builder, dimsOf } from "../../builder.ts";
import { BLOCKED_DOMAIN, type BlockedValues, type Pending } from "./blocked_values.ts";

/** Numbers that a blocked value is multiplied by and that are added to it, a channel at a time. */
export interface Affine {
  /** Factors: `[1, C, 1, 1]`, or `[N, C, 1, 1]` where images differ. @default {1} */
  readonly scale?: Value;
  /** Summands, of the same shape. @default {0} */
  readonly bias?: Value;
}

/** Whether `value` holds a number for each channel of `like`, or for each channel of each image. */
export function isByChannel(value: Value, like: Value): boolean {
  const [images, channels] = dimsOf(like) as [number, number];
  const shape = dimsOf(value);
  const [n, c, ...places] = [...Array<number>(4 - shape.length).fill(1), ...shape];
  return shape.length <= 4 && c === channels && (n === 1 || n === images) &&
    places.every((size) => size === 1);
}

/**
 * A blocked value times a number plus another for each channel: a convolution with one filter of one
 * element a channel, which passes over the memory once, whatever is done to the result besides.
 */
export function affine(
  { g }: BlockedValues,
  blocked: Value,
  { scale, bias }: Affine,
): Pending {
  const dims = dimsOf(blocked);
  const [images, channels, ...places] = dims as [number, number, number, number];
  const isByImage = [scale, bias].some((one) => one && sizeOf(dimsOf(one)) > channels);
  const groups = isByImage ? images * channels : channels;
  const vector = (one: Value) =>
    g.reshape(
      sizeOf(dimsOf(one)) === groups ? one : g.expand(one, [images, channels, 1, 1]),
      [groups],
    );
  const grouped = (one: Value) => g.reshape(one, isByImage ? [1, groups, ...places] : dims);
  const factors = scale ? vector(scale) : g.constant({
    type: "float32",
    dims: [groups],
    data: new Float32Array(groups).fill(1),
  });
  return ({ sum, activation }) =>
    g.reshape(
      g.op(
        "Conv",
        [
          grouped(blocked),
          g.reshape(factors, [groups, 1, 1, 1]),
          bias && vector(bias),
          sum && grouped(sum),
        ],
        isByImage ? [1, groups, ...places] : dims,
        {
          group: groups,
          kernel_shape: [1, 1],
          strides: [1, 1],
          dilations: [1, 1],
          pads: [0, 0, 0, 0],
          activation,
        },
        "float32",
        BLOCKED_DOMAIN,
      ),
      dims,
    );
}

/** The mean of some axes, but for a factor. */
interface ScaledMean {
  readonly value: Value;
  readonly factor: number;
}

/**
 * The means of each image's channels, or with `times` of their products with those of another value,
 * `[N, C, 1, 1]`, or over all images `[1, C, 1, 1]`: first of the rows, then of these, so that no long
 * sum loses what is added last.
 */
function channelMeans(
  { g }: BlockedValues,
  blocked: Value,
  { times, overImages }: { readonly times?: Value | undefined; readonly overImages: boolean },
): ScaledMean {
  const [images, channels, height, width] = dimsOf(blocked) as [number, number, number, number];
  const shape = [images, channels, height, 1];
  const rows = times ? rowsOfProducts(g, blocked, times) : g.op(
    "AveragePool",
    [blocked],
    shape,
    { kernel_shape: [1, width], strides: [1, width], pads: [0, 0, 0, 0] },
    "float32",
    BLOCKED_DOMAIN,
  );
  const means = g.op(
    "GlobalAveragePool",
    [g.reshape(rows, shape)],
    [images, channels, 1, 1],
    {},
    "float32",
    BLOCKED_DOMAIN,
  );
  const value = overImages ? g.reduce("ReduceMean", means, [0]) : means;
  return { value, factor: times ? 1 / width : 1 };
}

/**
 * Sums of products over each row, `[1, N·C·H, 1, 1]`: every row of every channel is a channel of its
 * own, and that of the other value its filter. So the products are not written anywhere.
 */
function rowsOfProducts(g: Builder, blocked: Value, times: Value): Value {
  const [images, channels, height, width] = dimsOf(blocked) as [number, number, number, number];
  const rows = images * channels * height;
  return g.op(
    "Conv",
    [g.reshape(blocked, [1, rows, 1, width]), g.reshape(times, [rows, 1, 1, width])],
    [1, rows, 1, 1],
    {
      group: rows,
      kernel_shape: [1, width],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
    },
    "float32",
    BLOCKED_DOMAIN,
  );
}

/**
 * Sums and means over the places of images, or those of all images, in plain layout; `undefined` for
 * other reductions.
 */
export function reduced(values: BlockedValues, node: Node): Value | undefined {
  const { g } = values;
  const x = node.inputs[0]!;
  const axes = node.opType === "GlobalAveragePool" ? [2, 3] : axesOf(node);
  if (!axes || !["2,3", "0,2,3"].includes(axes.join())) return undefined;
  const [images, , ...places] = dimsOf(x) as [number, number, number, number];
  const [one, times] = factorsOf(x).map((factor) => values.of(factor)) as [Value, Value?];
  const overImages = axes.length === 3;
  const { value, factor } = channelMeans(values, one, { times, overImages });
  const count = sizeOf(places) * (overImages ? images : 1);
  const made = g.scale(value, node.opType === "ReduceSum" ? factor * count : factor);
  return g.reshape(made, dimsOf(node.outputs[0]!));
}

/** The factors of a product of equal shapes that nothing else reads; else the value itself. */
function factorsOf(x: Value): readonly Value[] {
  const node = x.producer;
  const isProduct = node?.opType === "Mul" && node.domain === "" && x.consumers.size === 1;
  const factors = isProduct ? node.inputs as Value[] : [];
  return isProduct && factors.every((one) => sameShape(dimsOf(one), dimsOf(x))) ? factors : [x];
}

function axesOf(node: Node): number[] | undefined {
  const data = node.inputs[1]?.constant?.data as BigInt64Array | undefined;
  const axes = data ? Array.from(data, Number) : node.ints("axes");
  return axes && [...axes].map((axis) => axis < 0 ? axis + 4 : axis).sort((a, b) => a - b);
}

/** A batch normalisation by the batch's own statistics, in blocked form. */
export interface Normalised {
  /** What it gives. */
  readonly y: Pending;
  /** What is normalised, less its mean. */
  readonly centred: Value;
  /** The batch's mean, `[1, C, 1, 1]`. */
  readonly mean: Value;
  /** The batch's population variance, `[1, C, 1, 1]`. */
  readonly variance: Value;
}

/** Batch normalisation by the batch's own statistics. */
export function normalised(values: BlockedValues, node: Node): Normalised {
  const { g } = values;
  const [x, scale, bias] = node.inputs as [Value, Value, Value];
  const blocked = values.of(x);
  const channels = (one: Value) => g.reshape(one, [1, dimsOf(x)[1]!, 1, 1]);
  const { value: mean } = channelMeans(values, blocked, { overImages: true });
  const centred = affine(values, blocked, { bias: g.neg(mean) })({});
  const squares = channelMeans(values, centred, { times: centred, overImages: true });
  const variance = g.scale(squares.value, squares.factor);
  const deviation = g.unary("Sqrt", g.shift(variance, node.float("epsilon", 1e-5)));
  const slope = g.mul(channels(scale), g.unary("Reciprocal", deviation));
  return {
    y: affine(values, centred, { scale: slope, bias: channels(bias) }),
    centred,
    mean,
    variance,
  };
}
