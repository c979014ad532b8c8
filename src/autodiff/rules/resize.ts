import type { Node, Value } from "../../onnx/graph.ts";
import { positiveAxis } from "../../tensor/shape.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import { numbersOf } from "../constant.ts";
import { type GradRule, stop } from "../rule.ts";

const settings = stop("sizes and scales are settings");

/**
 * Y = X resampled axis by axis, linear in X: along each axis a product with a matrix, which the
 * operator itself gives for the unit matrix, so that every mode is followed exactly. The gradient
 * is the product with the transposed matrices.
 */
export const resize: GradRule<"Resize"> = {
  X: ({ g, x, y, dy, node }) => {
    const shape = dimsOf(x.X);
    const result = dimsOf(y.Y);
    const scales = scalesOf(node, x);
    let gradient = dy.Y;
    result.forEach((size, axis) => {
      const scale = scales?.[axis];
      if (size === shape[axis] && (scale ?? 1) === 1) return;
      const rows = matrix(g, node, x.roi, { size, from: shape[axis]!, scale });
      gradient = contracted(g, gradient, axis, g.cast(rows, typeOf(dy.Y)));
    });
    return gradient;
  },
  roi: settings,
  scales: settings,
  sizes: settings,
};

interface Inputs {
  readonly X: Value;
  readonly scales: Value | undefined;
  readonly sizes: Value | undefined;
}

/** Resampling along one axis; without a scale it is that of the sizes. */
interface Along {
  readonly size: number;
  readonly from: number;
  readonly scale: number | undefined;
}

/** The scale of every axis, where it is not the ratio of the sizes. */
function scalesOf(node: Node, { X, scales, sizes }: Inputs): number[] | undefined {
  const shape = dimsOf(X);
  const axes = node.ints("axes")?.map((axis) => positiveAxis(axis, shape.length)) ??
    shape.map((_, axis) => axis);
  const each = (scale: (at: number) => number) =>
    shape.map((_, axis) => axes.includes(axis) ? scale(axes.indexOf(axis)) : 1);
  if (scales) {
    const given = numbersOf(scales, node);
    return each((at) => given[at]!);
  }
  const policy = node.string("keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch" || !sizes) return undefined;
  const ratios = numbersOf(sizes, node).map((size, at) => size / shape[axes[at]!]!);
  const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  return each(() => common);
}

/** The matrix `[size, from]` that resampling along one axis is. */
function matrix(
  g: Builder,
  node: Node,
  roi: Value | undefined,
  { size, from, scale }: Along,
): Value {
  if (roi && node.string("coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize") {
    throw new TypeError(`Cannot differentiate ${node}: cropping while resizing is not supported`);
  }
  if (scale !== undefined && Math.floor(Math.fround(from * Math.fround(scale))) !== size) {
    throw new TypeError(
      `Cannot differentiate ${node}: keep_aspect_ratio_policy rounds ${from * scale} to ${size}; ` +
        "give sizes of the input's aspect ratio",
    );
  }
  const unit = new Float32Array(from * from);
  for (let i = 0; i < from; i++) unit[i * from + i] = 1;
  const image = g.constant(tensor("float32", [1, 1, from, from], unit));
  const attributes = Object.fromEntries(
    [...node.attributes].filter(([name]) => name !== "axes" && name !== "keep_aspect_ratio_policy"),
  );
  const inputs = scale !== undefined
    ? [image, undefined, g.constant(tensor("float32", [4], [1, 1, scale, 1]))]
    : [image, undefined, undefined, g.integers([1, 1, size, from])];
  const [made] = g.graph.add("Resize", inputs, { attributes }).outputs as [Value];
  made.type = "float32";
  made.shape = [1, 1, size, from];
  return g.reshape(made, [size, from]);
}

/** Σ over `axis` of `gradient` with the rows of `matrix`: that axis becomes its columns. */
function contracted(g: Builder, gradient: Value, axis: number, matrix: Value): Value {
  const shape = dimsOf(gradient);
  const last = shape.length - 1;
  const order = shape.map((_, at) => at);
  [order[axis], order[last]] = [last, axis];
  return g.transpose(g.matMul(g.transpose(gradient, order), matrix), order);
}
