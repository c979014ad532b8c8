import type { Node, Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { axesOf } from "../constant.ts";
import { type GradRule, type RuleContext, stop } from "../rule.ts";

const axes = stop("axes have no derivative");

/** The sum over `axes`: every element gets the gradient of its sum. */
export const reduceSum: GradRule<"ReduceSum"> = {
  data: ({ g, x, dy, node }) => stretched(g, dy.reduced, x.data, x.axes, node),
  axes,
};

/** The mean over `axes`: every element gets its share. */
export const reduceMean: GradRule<"ReduceMean"> = {
  data: ({ g, x, dy, node }) => {
    const share = sizeOf(dimsOf(dy.reduced)) / sizeOf(dimsOf(x.data));
    return stretched(g, g.scale(dy.reduced, share), x.data, x.axes, node);
  },
  axes,
};

/** The largest over `axes`; equal ones share the gradient, as PyTorch's `amax` has it. */
export const reduceMax: GradRule<"ReduceMax"> = { data: (context) => extreme(context), axes };

/** The smallest over `axes`; equal ones share the gradient. */
export const reduceMin: GradRule<"ReduceMin"> = {
  data: (context) => extreme(context as unknown as RuleContext<"ReduceMax">),
  axes,
};

/** Σ|x|, whose slope is the sign. */
export const reduceL1: GradRule<"ReduceL1"> = {
  data: ({ g, x, dy, node }) =>
    g.mul(stretched(g, dy.reduced, x.data, x.axes, node), g.unary("Sign", x.data)),
  axes,
};

/** √Σx², so dx = dy·x/y, and 0 where y is 0. */
export const reduceL2: GradRule<"ReduceL2"> = {
  data: ({ g, x, y, dy, node }) => {
    const zero = g.scalar(0, y.reduced);
    const isZero = g.compare("Equal", y.reduced, zero);
    const length = g.where(isZero, g.scalar(1, y.reduced), y.reduced);
    return g.mul(stretched(g, g.div(dy.reduced, length), x.data, x.axes, node), x.data);
  },
  axes,
};

/** ln Σx, so dx = dy/Σx = dy·e^−y. */
export const reduceLogSum: GradRule<"ReduceLogSum"> = {
  data: ({ g, x, y, dy, node }) => {
    const slope = g.mul(dy.reduced, g.unary("Exp", g.neg(y.reduced)));
    return stretched(g, slope, x.data, x.axes, node);
  },
  axes,
};

/** ln Σe^x, so dx = dy·e^(x − y). */
export const reduceLogSumExp: GradRule<"ReduceLogSumExp"> = {
  data: ({ g, x, y, dy, node }) => {
    const share = g.unary("Exp", g.sub(x.data, stretched(g, y.reduced, x.data, x.axes, node)));
    return g.mul(stretched(g, dy.reduced, x.data, x.axes, node), share);
  },
  axes,
};

/** Σx², so dx = 2·dy·x. */
export const reduceSumSquare: GradRule<"ReduceSumSquare"> = {
  data: ({ g, x, dy, node }) =>
    g.scale(g.mul(stretched(g, dy.reduced, x.data, x.axes, node), x.data), 2),
  axes,
};

/** The product, so dx = dy·(the product of the others), also where one of them is 0. */
export const reduceProd: GradRule<"ReduceProd"> = {
  data: ({ g, x, y, dy, node }) => {
    const [zero, one] = [g.scalar(0, x.data), g.scalar(1, x.data)];
    const isZero = g.compare("Equal", x.data, zero);
    const others = g.where(isZero, one, x.data);
    const wide = (value: Value) => stretched(g, value, x.data, x.axes, node);
    const reduced = axesOf(x.axes, x.data, node);
    const shape = dimsOf(y.reduced);
    const product = g.op("ReduceProd", [others, g.integers(reduced)], shape, {
      keepdims: node.int("keepdims", 1),
    });
    const count = g.op("ReduceSum", [g.cast(isZero, x.data.type!), g.integers(reduced)], shape, {
      keepdims: node.int("keepdims", 1),
    });
    const whole = g.div(wide(y.reduced), others);
    const alone = g.and(isZero, g.compare("Equal", wide(count), one));
    const slope = g.where(alone, wide(product), g.where(isZero, zero, whole));
    return g.mul(wide(dy.reduced), slope);
  },
  axes,
};

function extreme({ g, x, y, dy, node }: RuleContext<"ReduceMax">): Value {
  const wide = (value: Value) => stretched(g, value, x.data, x.axes, node);
  const isBest = g.cast(g.compare("Equal", x.data, wide(y.reduced)), dy.reduced.type!);
  const count = g.reduceSum(isBest, axesOf(x.axes, x.data, node));
  return g.div(g.mul(wide(dy.reduced), isBest), count);
}

/** The result of a reduction repeated over the axes that it took away. */
function stretched(g: Builder, dy: Value, data: Value, axes: Value | undefined, node: Node): Value {
  const shape = dimsOf(data);
  const reduced = axesOf(axes, data, node);
  const kept = shape.map((dim, axis) => reduced.includes(axis) ? 1 : dim);
  return g.expand(g.reshape(dy, kept), shape);
}
