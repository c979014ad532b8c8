import { type Builder, dimsOf } from "../autodiff/builder.ts";
import type { Value } from "../onnx/graph.ts";
import { tensor } from "../tensor/tensor.ts";

/** A change of pictures in a graph. */
export interface Change {
  /** Pictures, float32 `[N, height, width, 3]`, from 0 to 255. */
  readonly x: Value;
  /** What it is told of each picture, float32 `[N, count]`. */
  readonly told: Value;
  /** Height and width of what it gives. */
  readonly size: readonly [height: number, width: number];
}

/** One number of each picture, `[N, 1, 1, 1]`. */
export function numberOf(g: Builder, told: Value, place: number): Value {
  const one = g.slice(told, [1], [place], [place + 1]);
  return g.reshape(one, [told.shape![0] as number, 1, 1, 1]);
}

/** ½, 1½, … : the centres of `count` pixels. */
export function centres(g: Builder, count: number, shape: readonly number[]): Value {
  return g.constant(tensor("float32", shape, Array.from({ length: count }, (_, at) => at + 0.5)));
}

/** The greater of a value and a number. */
export function atLeast(g: Builder, x: Value, number: number): Value {
  return g.op("Max", [x, g.scalar(number, x)], x.shape as number[]);
}

/** A value kept from one number to another. */
export function between(g: Builder, x: Value, least: number, most: number): Value {
  return g.op("Min", [atLeast(g, x, least), g.scalar(most, x)], dimsOf(x));
}
