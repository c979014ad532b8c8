import type { Node, Value } from "../onnx/graph.ts";
import { dimsOf } from "./builder.ts";

/** How a convolution or pooling window moves over the spatial axes; one number an axis. */
export interface Window {
  /** Size of the input along each spatial axis. */
  readonly input: readonly number[];
  /** Size of the output. */
  readonly output: readonly number[];
  /** Size of the window. */
  readonly kernel: readonly number[];
  /** Steps between windows. */
  readonly strides: readonly number[];
  /** Steps between elements inside a window. */
  readonly dilations: readonly number[];
  /** Zeros before. */
  readonly before: readonly number[];
  /** Zeros after. */
  readonly after: readonly number[];
}

/** The window of a Conv or pooling node from `x` `[N, C, ...]` to `y`, its paddings explicit. */
export function windowOf(node: Node, x: Value, y: Value, kernel?: readonly number[]): Window {
  const input = dimsOf(x).slice(2);
  const ones = input.map(() => 1);
  if (node.string("auto_pad", "NOTSET") !== "NOTSET") {
    throw new TypeError(`Cannot differentiate ${node}: auto_pad must have been made explicit`);
  }
  const pads = node.ints("pads") ?? [...input.map(() => 0), ...input.map(() => 0)];
  return {
    input,
    output: dimsOf(y).slice(2),
    kernel: kernel ?? node.ints("kernel_shape")!,
    strides: node.ints("strides") ?? ones,
    dilations: node.ints("dilations") ?? ones,
    before: pads.slice(0, input.length),
    after: pads.slice(input.length),
  };
}

/** How far a window reaches along each axis, dilation included. */
export function extents(window: Window): number[] {
  return window.kernel.map((size, axis) => (size - 1) * window.dilations[axis]! + 1);
}

/** Every position inside a window, the last axis fastest. */
export function positions(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (known, size) => known.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}
