import type { Node, Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import { extents, positions, windowOf } from "../window.ts";

/** What no finite element is below. */
const LOWEST = -3.4028234663852886e38;

/**
 * The gradient of a maximum over windows without the places of the maxima: at each place in the
 * window, whether the maximum stands there and at none before it; the gradient of each place goes
 * back to where it was read from by a transposed convolution with one 1 a place.
 */
export function maxPoolByComparing(
  g: Builder,
  node: Node,
  { X: x, Y: y, dy }: { readonly X: Value; readonly Y: Value; readonly dy: Value },
): Value {
  const window = windowOf(node, x, y);
  const { kernel, strides, dilations, input, output } = window;
  const type = typeOf(x);
  const [images, channels] = dimsOf(x) as [number, number];
  const axes = kernel.map((_, axis) => axis + 2);
  const spans = extents(window).map((reach, axis) => (output[axis]! - 1) * strides[axis]! + reach);
  const after = spans.map((span, axis) => span - input[axis]! - window.before[axis]!);
  const pads = g.integers([0, 0, ...window.before, 0, 0, ...after]);
  const padded = g.op("Pad", [x, pads, g.scalar(LOWEST, x)], [images, channels, ...spans]);
  let free: Value | undefined;
  const places = positions(kernel);
  const parts = places.map((at, place) => {
    const starts = at.map((step, axis) => step * dilations[axis]!);
    const ends = starts.map((start, axis) => start + (output[axis]! - 1) * strides[axis]! + 1);
    const equal = g.compare("Equal", g.slice(padded, axes, starts, ends, strides), y);
    const isMax = g.cast(equal, type);
    const isFirst = free ? g.mul(isMax, free) : isMax;
    if (place < places.length - 1) free = g.sub(free ?? g.scalar(1, x), isFirst);
    return g.reshape(g.mul(isFirst, dy), [images * channels, 1, ...output]);
  });
  const count = parts.length;
  const hot = Array.from({ length: count * count }, (_, i) => i % (count + 1) === 0 ? 1 : 0);
  const back = g.op(
    "ConvTranspose",
    [g.concat(parts, 1), g.constant(tensor(type, [count, 1, ...kernel], hot))],
    [images * channels, 1, ...spans],
    { strides, dilations, kernel_shape: kernel },
  );
  const cut = g.pad(
    back,
    [0, 0, ...window.before.map((pad) => -pad)],
    [0, 0, ...after.map((pad) => -pad)],
  );
  return g.reshape(cut, [images, channels, ...input]);
}
