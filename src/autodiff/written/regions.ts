import type { Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { clipped } from "./sampling.ts";
import type { WriteOut } from "./written.ts";

/** Points along one axis of every region, `[R, points]`. */
interface Points {
  readonly at: Value;
  readonly size: number;
}

/**
 * Regions of pictures resampled to one size (He et al., arXiv 1703.06870): means, or largest, of
 * points sampled in each cell. No gradient passes to the regions' corners. Layers whose number of
 * points depends on the regions (`sampling_ratio` 0) stay as they are.
 */
export const roiAlign: WriteOut = (g, node) => {
  const ratio = node.int("sampling_ratio", 0);
  if (ratio <= 0) return undefined;
  const [x, rois, batches] = node.inputs as [Value, Value, Value];
  const [images, channels, height, width] = dimsOf(x) as [number, number, number, number];
  const regions = dimsOf(rois)[0]!;
  const [rows, columns] = [node.int("output_height", 1), node.int("output_width", 1)];
  const isHalf = node.string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
  const corners = g.shift(
    unmoved(g, g.scale(rois, node.float("spatial_scale", 1))),
    isHalf ? -0.5 : 0,
  );
  const along = (axis: number, cells: number, size: number): Points => {
    const corner = (column: number) => g.slice(corners, [1], [column], [column + 1]);
    const [start, end] = [corner(1 - axis), corner(3 - axis)];
    const length = g.sub(end, start);
    const held = isHalf ? length : g.op("Max", [length, g.scalar(1, length)], dimsOf(length));
    const steps = Array.from({ length: cells * ratio }, (_, i) => (i + 0.5) / (cells * ratio));
    const fractions = g.constant(tensor("float32", [1, steps.length], steps));
    return { at: g.add(start, g.mul(held, fractions)), size };
  };
  const [down, across] = [along(0, rows, height), along(1, columns, width)];
  const elements = g.reshape(g.transpose(x, [0, 2, 3, 1]), [images * height * width, channels]);
  const first = g.reshape(g.scale(g.cast(batches, "float32"), height * width), [regions, 1, 1]);
  const parts = sides(g, down).flatMap((y) =>
    sides(g, across).map((side) => {
      const place = g.add(
        g.add(g.reshape(g.scale(y.at, width), [regions, rows * ratio, 1]), first),
        g.reshape(side.at, [regions, 1, columns * ratio]),
      );
      const weight = g.mul(
        g.reshape(y.weight, [regions, rows * ratio, 1, 1]),
        g.reshape(side.weight, [regions, 1, columns * ratio, 1]),
      );
      return g.mul(g.gather(elements, g.cast(place, "int64"), 0), weight);
    })
  );
  const isMean = node.string("mode", "avg") === "avg";
  const points = isMean ? g.sum(parts) : g.op("Max", parts, dimsOf(parts[0]!));
  const cells = g.reshape(points, [regions, rows, ratio, columns, ratio, channels]);
  const pooled = isMean
    ? g.scale(g.reduceSum(cells, [2, 4], false), 1 / (ratio * ratio))
    : g.reduce("ReduceMax", cells, [2, 4], false);
  return [g.transpose(pooled, [0, 3, 1, 2])];
};

/** Rounded to 2⁻²⁰ of an element: the same for the eye, but no gradient passes through a rounding. */
function unmoved(g: Builder, x: Value): Value {
  return g.scale(g.op("Round", [g.scale(x, 2 ** 20)], dimsOf(x)), 2 ** -20);
}

/** The elements on both sides of points and their weights; points more than one outside count nothing. */
function sides(g: Builder, { at, size }: Points): { readonly at: Value; readonly weight: Value }[] {
  const inside = g.and(
    g.compare("GreaterOrEqual", at, g.scalar(-1, at)),
    g.compare("LessOrEqual", at, g.scalar(size, at)),
  );
  const held = clipped(g, at, 0, size - 1);
  const low = g.unary("Floor", held);
  const part = g.sub(held, low);
  const counted = g.cast(inside, "float32");
  return [
    { at: low, weight: g.mul(counted, g.sub(g.scalar(1, part), part)) },
    { at: clipped(g, g.shift(low, 1), 0, size - 1), weight: g.mul(counted, part) },
  ];
}

/** The largest element of each cell of regions (Girshick, arXiv 1504.08083); 0 in empty cells. */
export const maxRoiPool: WriteOut = (g, node) => {
  const [x, rois] = node.inputs as [Value, Value];
  const [, channels, height, width] = dimsOf(x) as [number, number, number, number];
  const regions = dimsOf(rois)[0]!;
  const [rows, columns] = node.ints("pooled_shape") as [number, number];
  const column = (index: number) =>
    g.reshape(g.slice(rois, [1], [index], [index + 1]), [regions, 1, 1]);
  const scale = node.float("spatial_scale", 1);
  const seen = g.gather(x, g.reshape(g.cast(column(0), "int64"), [regions]), 0);
  /** Which elements of an axis belong to which of its cells, `[R, cells, size]`. */
  const members = (axis: number, cells: number, size: number): Value => {
    const [start, end] = [2 - axis, 4 - axis].map((index) =>
      rounded(g, g.scale(column(index), scale))
    );
    const length = g.sub(end!, start!);
    const step = g.scale(
      g.op("Max", [g.shift(length, 1), g.scalar(1, length)], [regions, 1, 1]),
      1 / cells,
    );
    const cell = g.constant(tensor("float32", [1, cells, 1], [...Array(cells).keys()]));
    const place = g.constant(tensor("float32", [1, 1, size], [...Array(size).keys()]));
    const from = g.add(g.unary("Floor", g.mul(cell, step)), start!);
    const to = g.add(g.neg(g.unary("Floor", g.neg(g.mul(g.shift(cell, 1), step)))), start!);
    return g.and(g.compare("GreaterOrEqual", place, from), g.compare("Less", place, to));
  };
  const lowest = g.scalar(-Infinity, x);
  const across = g.reshape(members(1, columns, width), [regions, 1, 1, columns, width]);
  const wide = g.reshape(seen, [regions, channels, height, 1, width]);
  const narrow = firstLargest(g, g.where(across, wide, lowest), 4);
  const down = g.reshape(members(0, rows, height), [regions, 1, rows, height, 1]);
  const high = g.reshape(narrow, [regions, channels, 1, height, columns]);
  const made = firstLargest(g, g.where(down, high, lowest), 3);
  return [g.where(g.compare("Equal", made, lowest), g.scalar(0, x), made)];
};

/** The largest element along an axis; of equal ones the first has the gradient, as in PyTorch. */
function firstLargest(g: Builder, x: Value, axis: number): Value {
  const shape = dimsOf(x);
  const rest = shape.toSpliced(axis, 1);
  const at = g.op("ArgMax", [x], shape.with(axis, 1), { axis }, "int64");
  return g.reshape(g.op("GatherElements", [x, at], shape.with(axis, 1), { axis }), rest);
}

/** To the nearest integer, halves away from zero, for numbers from 0 on. */
function rounded(g: Builder, x: Value): Value {
  return g.unary("Floor", g.shift(x, 0.5));
}
