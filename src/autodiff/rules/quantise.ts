import type { Value } from "../../onnx/graph.ts";
import { positiveAxis } from "../../tensor/shape.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import { type GradRule, type RuleContext, stop } from "../rule.ts";

const held = stop("scales and zero points of a quantisation are held");

/** Smallest and largest number of the types that quantised numbers have. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/**
 * Rounding passes the gradient straight through, within the range that the integers cover (Bengio et
 * al., arXiv 1308.3432). The gradient by an integer is that by the number which it stands for.
 */
export const quantizeLinear: GradRule<"QuantizeLinear"> = {
  x: ({ g, x, y, dy, node }) => {
    const range = RANGES[typeOf(y.y)];
    if (!range) return dy.y;
    const scale = along(g, x.y_scale, x.x, node);
    const zero = x.y_zero_point && g.cast(along(g, x.y_zero_point, x.x, node), typeOf(x.x));
    const bound = (limit: number) =>
      g.mul(scale, zero ? g.sub(g.scalar(limit, x.x), zero) : g.scalar(limit, x.x));
    const inside = g.and(
      // What rounds to the last integers is still inside.
      g.compare("GreaterOrEqual", x.x, bound(range[0] - 0.5)),
      g.compare("Less", x.x, bound(range[1] + 0.5)),
    );
    return g.mul(dy.y, g.cast(inside, typeOf(x.x)));
  },
  y_scale: held,
  y_zero_point: held,
};

/** Integers as the numbers that they stand for; the gradient passes as it is. */
export const dequantizeLinear: GradRule<"DequantizeLinear"> = {
  x: ({ dy }) => dy.y,
  x_scale: held,
  x_zero_point: held,
};

/** A product with weights of few bits, which are held: dA = dY·Wᵀ, W the product with a unit matrix. */
export const matMulNBits: GradRule<"com.microsoft.MatMulNBits"> = {
  A: ({ g, x, dy, node }) => {
    const [inner, columns] = [node.int("K", 0), node.int("N", 0)];
    const unit = g.op("EyeLike", [g.full([inner, inner], 0, typeOf(x.A))], [inner, inner]);
    const attributes = {
      ...Object.fromEntries(
        ["K", "N", "bits", "block_size"].map((name) => [name, node.int(name, 0)]),
      ),
    };
    const weights = g.op(
      "MatMulNBits",
      [unit, x.B, x.scales, x.zero_points, x.g_idx],
      [inner, columns],
      attributes,
      typeOf(x.A),
      "com.microsoft",
    );
    const rank = dimsOf(dy.Y).length;
    const rows = g.reshape(dy.Y, [dimsOf(dy.Y).slice(0, -1).reduce((a, b) => a * b, 1), columns]);
    const made = g.gemm(rows, weights, { b: true });
    return rank === 2 ? made : g.reshape(made, dimsOf(x.A));
  },
  B: held,
  scales: held,
  zero_points: held,
  g_idx: held,
  bias: ({ dy }) => dy.Y,
};

/** A scale of one number or one for each index of an axis, for multiplying with `x`. */
function along(g: Builder, scale: Value, x: Value, node: RuleContext<"QuantizeLinear">["node"]) {
  const rank = dimsOf(x).length;
  if (dimsOf(scale).length !== 1) {
    if (dimsOf(scale).length === rank && rank > 0) {
      throw new TypeError(`Cannot differentiate ${node}: scales of blocks are not supported`);
    }
    return scale;
  }
  const axis = positiveAxis(node.int("axis", 1), rank);
  return g.reshape(scale, dimsOf(x).map((_, at) => at === axis ? dimsOf(scale)[0]! : 1));
}
