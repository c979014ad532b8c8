import type { Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { type Interpolation, type Outside, reflected, sampled } from "./sampling.ts";
import type { WriteOut } from "./written.ts";

const MODES: Readonly<Record<string, Interpolation>> = {
  bilinear: "linear",
  linear: "linear",
  nearest: "nearest",
  bicubic: "cubic",
  cubic: "cubic",
};

/** Pictures `[N, C, …]` sampled at the points of a grid `[N, …, axes]` from −1 to 1, x first. */
export const gridSample: WriteOut = (g, node) => {
  const [x, grid] = node.inputs as [Value, Value];
  const interpolation = MODES[node.string("mode", "linear")]!;
  const outside = node.string("padding_mode", "zeros") as Outside;
  const alignCorners = node.int("align_corners", 0) === 1;
  const [images, channels, ...sizes] = dimsOf(x) as [number, number, ...number[]];
  const output = dimsOf(grid).slice(1, -1);
  const count = sizeOf(output);
  const rows = g.reshape(grid, [images, count, sizes.length]);
  const points = sizes.map((size, axis) => {
    const column = sizes.length - 1 - axis;
    const own = g.reshape(g.slice(rows, [2], [column], [column + 1]), [images, count]);
    const point = alignCorners
      ? g.scale(g.shift(own, 1), (size - 1) / 2)
      : g.shift(g.scale(own, size / 2), (size - 1) / 2);
    return interpolation === "cubic" ? point : brought(g, point, size, outside, alignCorners);
  });
  const made = sampled(g, x, points, { interpolation, outside, alignCorners });
  return [g.reshape(made, [images, channels, ...output])];
};

/** A coordinate brought into the picture before its neighbours are looked up. */
function brought(
  g: Builder,
  x: Value,
  size: number,
  outside: Outside,
  alignCorners: boolean,
): Value {
  if (outside === "zeros") return x;
  return held(g, outside === "reflection" ? reflected(g, x, size, alignCorners) : x, size);
}

/** Held between the outermost elements; those on one of them do not move, as in PyTorch. */
function held(g: Builder, x: Value, size: number): Value {
  const [low, high] = [g.scalar(0, x), g.scalar(size - 1, x)];
  const above = g.where(g.compare("Greater", x, low), x, low);
  return g.where(g.compare("Less", above, high), above, high);
}
