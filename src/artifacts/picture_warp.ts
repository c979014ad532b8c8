import { type Builder, dimsOf } from "../autodiff/builder.ts";
import type { Value } from "../onnx/graph.ts";
import { tensor } from "../tensor/tensor.ts";
import { between, centres, type Change, numberOf } from "./change_parts.ts";

/** Coefficients of an affine map and of a perspective. */
const AFFINE = 6;
const PERSPECTIVE = 8;
/** Depths that are not divided by. */
const SMALLEST_DEPTH = 1e-6;

/** Reads pixels of pictures at whole places, `[N, H, W]` each, kept inside: `[N, H, W, 3]`. */
type Pixels = (x: Value, y: Value) => Value;

/**
 * Every pixel from the place that a map takes its centre to, x' = (a·x + b·y + c) / (g·x + h·y + 1) and
 * y' = (d·x + e·y + f) / (g·x + h·y + 1), as `warpAffine` and `warpPerspective` of pictures have it; what
 * lies outside has the colour of the last three numbers.
 */
export function warped(g: Builder, { x, told }: Change, isBilinear: boolean): Value {
  const [batch, height, width] = dimsOf(x) as [number, number, number];
  const number = (place: number) => g.reshape(numberOf(g, told, place), [batch, 1, 1]);
  const column = centres(g, width, [1, 1, width]);
  const row = centres(g, height, [1, height, 1]);
  const linear = (first: number) =>
    g.add(g.mul(number(first), column), g.mul(number(first + 1), row));
  const count = dimsOf(told)[1] === PERSPECTIVE + 3 ? PERSPECTIVE : AFFINE;
  const depth = count === PERSPECTIVE ? depthOf(g, linear(AFFINE)) : undefined;
  const place = (first: number) => {
    const at = g.add(linear(first), number(first + 2));
    return depth ? g.div(at, depth) : at;
  };
  const [across, down] = [place(0), place(3)];
  const pixels = pixelsOf(g, x);
  const seen = isBilinear ? bilinear(g, pixels, across, down) : nearest(g, pixels, across, down);
  const isInside = g.and(within(g, across, width), within(g, down, height));
  const fill = g.reshape(g.slice(told, [1], [count], [count + 3]), [batch, 1, 1, 3]);
  return g.where(g.reshape(isInside, [batch, height, width, 1]), seen, fill);
}

function depthOf(g: Builder, linear: Value): Value {
  const depth = g.shift(linear, 1);
  const smallest = g.scalar(SMALLEST_DEPTH, depth);
  return g.where(g.compare("Less", g.unary("Abs", depth), smallest), smallest, depth);
}

function within(g: Builder, x: Value, size: number): Value {
  const isAfter = g.compare("GreaterOrEqual", x, g.scalar(0, x));
  return g.and(isAfter, g.compare("Less", x, g.scalar(size, x)));
}

function nearest(g: Builder, pixels: Pixels, x: Value, y: Value): Value {
  return pixels(g.unary("Floor", x), g.unary("Floor", y));
}

/** The colours around, by nearness, the fraction dropped. */
function bilinear(g: Builder, pixels: Pixels, x: Value, y: Value): Value {
  const [left, top] = [x, y].map((one) => g.unary("Floor", g.shift(one, -0.5))) as [Value, Value];
  const share = (place: Value, low: Value) => {
    const part = g.sub(g.shift(place, -0.5), low);
    return g.reshape(part, [...dimsOf(part), 1]);
  };
  const mixed = (from: Value, to: Value, part: Value) => g.add(from, g.mul(g.sub(to, from), part));
  const rowAt = (at: Value) =>
    mixed(pixels(left, at), pixels(g.shift(left, 1), at), share(x, left));
  return g.unary("Floor", mixed(rowAt(top), rowAt(g.shift(top, 1)), share(y, top)));
}

/** Rows of all pictures one after the other, so that one gather reads them. */
function pixelsOf(g: Builder, x: Value): Pixels {
  const [batch, height, width] = dimsOf(x) as [number, number, number];
  const each = height * width;
  const all = g.reshape(x, [batch * each, 3]);
  const starts = Int32Array.from({ length: batch }, (_, at) => at * each);
  const start = g.constant(tensor("int32", [batch, 1, 1], starts));
  return (column, row) => {
    const place = g.add(
      g.scale(between(g, row, 0, height - 1), width),
      between(g, column, 0, width - 1),
    );
    // Whole numbers stay whole in single precision within a picture, not within a batch.
    return g.gather(all, g.add(g.cast(place, "int32"), start), 0);
  };
}
