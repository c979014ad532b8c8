import type { Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { positions } from "../window.ts";

/** How many elements beside a point count, and by which weights. */
export type Interpolation = "nearest" | "linear" | "cubic";

/** What an element outside the picture is: zero, the nearest one inside, or a mirrored one. */
export type Outside = "zeros" | "border" | "reflection";

/** Sampling between the elements of a picture. */
export interface Sampling {
  readonly interpolation: Interpolation;
  readonly outside: Outside;
  /** Whether pictures are mirrored at the middles of their outermost elements, not their edges. */
  readonly alignCorners?: boolean;
}

/** The elements beside a point along one axis: position and weight, each `[N, M]`. */
interface Neighbour {
  readonly at: Value;
  readonly weight: Value | undefined;
}

/**
 * Elements of pictures `[N, C, …]` at points: a coordinate for each spatial axis, in elements,
 * `[N, M]`. The result is `[N, C, M]`; the points have derivatives as the pictures have.
 */
export function sampled(
  g: Builder,
  pictures: Value,
  points: readonly Value[],
  how: Sampling,
): Value {
  const [images, channels, ...sizes] = dimsOf(pictures) as [number, number, ...number[]];
  const count = dimsOf(points[0]!)[1]!;
  const flat = g.reshape(pictures, [images, channels, sizeOf(sizes)]);
  const axes = points.map((point) => neighbours(g, point, how.interpolation));
  const parts = positions(axes.map((list) => list.length)).map((choice) => {
    const chosen = choice.map((which, axis) => axes[axis]![which]!);
    const { index, inside } = placeOf(g, chosen.map((one) => one.at), sizes, how);
    const everywhere = g.expand(g.reshape(index, [images, 1, count]), [images, channels, count]);
    const elements = g.op("GatherElements", [flat, everywhere], [images, channels, count], {
      axis: 2,
    });
    const weights = [...chosen.map((one) => one.weight), inside].filter((one) => one !== undefined);
    if (weights.length === 0) return elements;
    const weight = weights.reduce((product, one) => g.mul(product, one));
    return g.mul(elements, g.reshape(weight, [images, 1, count]));
  });
  return g.sum(parts);
}

/** The elements beside a point and their weights: 1, 2 or 4 of them. */
function neighbours(g: Builder, point: Value, interpolation: Interpolation): Neighbour[] {
  if (interpolation === "nearest") {
    return [{ at: g.op("Round", [point], dimsOf(point)), weight: undefined }];
  }
  const low = g.unary("Floor", point);
  const part = g.sub(point, low);
  const rest = g.sub(g.scalar(1, part), part);
  if (interpolation === "linear") {
    return [{ at: low, weight: rest }, { at: g.shift(low, 1), weight: part }];
  }
  const weights = [
    outer(g, g.shift(part, 1)),
    inner(g, part),
    inner(g, rest),
    outer(g, g.shift(rest, 1)),
  ];
  return weights.map((weight, which) => ({ at: g.shift(low, which - 1), weight }));
}

/** Keys' cubic kernel (1981) with a = −0.75 at distances of up to 1: ((a + 2)·t − (a + 3))·t² + 1. */
function inner(g: Builder, t: Value): Value {
  return g.shift(g.mul(g.mul(g.shift(g.scale(t, 1.25), -2.25), t), t), 1);
}

/** The same at distances from 1 to 2: a·t³ − 5a·t² + 8a·t − 4a. */
function outer(g: Builder, t: Value): Value {
  const line = g.shift(g.mul(g.shift(g.scale(t, -0.75), 3.75), t), -6);
  return g.shift(g.mul(line, t), 3);
}

/** Where an element lies in the flattened picture, and 1 or 0 where zeros lie outside. */
function placeOf(
  g: Builder,
  at: readonly Value[],
  sizes: readonly number[],
  { outside, alignCorners }: Sampling,
): { readonly index: Value; readonly inside: Value | undefined } {
  const held = at.map((position, axis) => {
    const size = sizes[axis]!;
    const back = outside === "reflection"
      ? reflected(g, position, size, alignCorners ?? false)
      : position;
    return clipped(g, back, 0, size - 1);
  });
  const index = held.reduce((sum, position, axis) =>
    axis === 0 ? position : g.add(g.scale(sum, sizes[axis]!), position)
  );
  const tests = outside === "zeros"
    ? at.map((position, axis) => g.compare("Equal", position, held[axis]!))
    : [];
  return {
    index: g.cast(index, "int64"),
    inside: tests.length === 0
      ? undefined
      : g.cast(tests.reduce((all, one) => g.and(all, one)), "float32"),
  };
}

/** Coordinates outside mirrored at the first and last element, or at their outer edges. */
export function reflected(g: Builder, x: Value, size: number, alignCorners: boolean): Value {
  const [low, high] = alignCorners ? [0, size - 1] : [-0.5, size - 0.5];
  const span = high - low;
  if (span === 0) return g.scale(x, 0);
  const distance = g.unary("Abs", g.shift(x, -low));
  const within = g.op("Mod", [distance, g.scalar(2 * span, x)], dimsOf(x), { fmod: 1 });
  const folded = g.unary("Abs", g.shift(within, -span));
  return g.shift(g.neg(folded), low + span);
}

/** Numbers held between two bounds. */
export function clipped(g: Builder, x: Value, low: number, high: number): Value {
  return g.op("Clip", [x, g.scalar(low, x), g.scalar(high, x)], dimsOf(x));
}
