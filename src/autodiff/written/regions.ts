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
  const mode = node.string("mode", "avg");
  if (ratio <= 0 || mode !== "avg") return undefined;
  const [x, rois, batches] = node.inputs as [Value, Value, Value];
  const [images, channels, height, width] = dimsOf(x) as [number, number, number, number];
  const regions = dimsOf(rois)[0]!;
  const [rows, columns] = [node.int("output_height", 1), node.int("output_width", 1)];
  const isHalf = node.string("coordinate_transformation_mode", "half_pixel") === "half_pixel";
  const corners = g.shift(
    g.scale(rois, node.float("spatial_scale", 1)),
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
  const cells = g.reshape(g.sum(parts), [regions, rows, ratio, columns, ratio, channels]);
  const means = g.scale(g.reduceSum(cells, [2, 4], false), 1 / (ratio * ratio));
  return [g.transpose(means, [0, 3, 1, 2])];
};

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
