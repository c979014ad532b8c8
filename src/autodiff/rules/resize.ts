import type { Node, Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf } from "../builder.ts";
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
    let gradient = dy.Y;
    result.forEach((size, axis) => {
      if (size === shape[axis] && isWhole(node, x.scales, axis)) return;
      gradient = contracted(g, gradient, axis, matrix(g, node, x, axis, size, shape[axis]!));
    });
    return gradient;
  },
  roi: settings,
  scales: settings,
  sizes: settings,
};

type Inputs = { readonly roi: Value | undefined; readonly scales: Value | undefined };

/** Whether an axis is left as it is. */
function isWhole(node: Node, scales: Value | undefined, axis: number): boolean {
  return !scales || numbersOf(scales, node)[scaleIndex(node, axis)] === 1;
}

/** Where an axis stands among the scales: `axes` may list some of them only. */
function scaleIndex(node: Node, axis: number): number {
  const axes = node.ints("axes");
  return axes ? axes.indexOf(axis) : axis;
}

/** The matrix `[size, from]` that resampling along one axis is. */
function matrix(
  g: Builder,
  node: Node,
  { roi, scales }: Inputs,
  axis: number,
  size: number,
  from: number,
): Value {
  if (roi && node.string("coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize") {
    throw new TypeError(`Cannot differentiate ${node}: cropping while resizing is not supported`);
  }
  const unit = new Float32Array(from * from);
  for (let i = 0; i < from; i++) unit[i * from + i] = 1;
  const image = g.constant(tensor("float32", [1, 1, from, from], unit));
  const given = scales && numbersOf(scales, node)[scaleIndex(node, axis)];
  const attributes = Object.fromEntries(
    [...node.attributes].filter(([name]) => name !== "axes" && name !== "keep_aspect_ratio_policy"),
  );
  const inputs = given !== undefined
    ? [image, undefined, g.constant(tensor("float32", [4], [1, 1, given, 1]))]
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
