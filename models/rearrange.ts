import { int, ints } from "../src/onnx/attribute.ts";
import type { Dim, Value } from "../src/onnx/graph.ts";
import { integers, layer, type LayerOptions, type Network, scalar } from "./network.ts";

/** What `reshape` is told beside its name. */
export interface ReshapeOptions extends LayerOptions {
  /** New sizes as ONNX's Reshape takes them: 0 is the old size, −1 what is left. */
  readonly to: readonly number[];
  /** The shape that this gives. */
  readonly shape: readonly Dim[];
}

/** The same elements in another shape. */
export function reshape(net: Network, x: Value, { name, to, shape }: ReshapeOptions): Value {
  const inputs = [x, integers(net, `${name}.to`, to)];
  return layer(net, "Reshape", { name, inputs, shape });
}

/** The axes in another order: axis `i` of the output is axis `order[i]` of `x`. */
export function transpose(
  net: Network,
  x: Value,
  { name, order }: LayerOptions & { readonly order: readonly number[] },
): Value {
  const shape = order.map((axis) => x.shape![axis]!);
  const attributes = { perm: ints(order) };
  return layer(net, "Transpose", { name, inputs: [x], shape, attributes });
}

/** Axes of size 1 put in, so that they have these positions in the output. */
export function unsqueeze(
  net: Network,
  x: Value,
  { name, axes }: LayerOptions & { readonly axes: readonly number[] },
): Value {
  const shape = [...x.shape!];
  for (const axis of axes) shape.splice(axis, 0, 1);
  const inputs = [x, integers(net, `${name}.axes`, axes)];
  return layer(net, "Unsqueeze", { name, inputs, shape, type: x.type! });
}

/** The elements at position `index` of `axis`, which goes. */
export function at(
  net: Network,
  x: Value,
  { name, axis, index }: LayerOptions & { readonly axis: number; readonly index: number },
): Value {
  const shape = x.shape!.toSpliced(axis, 1);
  const inputs = [x, scalar(net, `${name}.index`, index, "int64")];
  return layer(net, "Gather", { name, inputs, shape, attributes: { axis: int(axis) } });
}

/** Equal parts of the last axis. */
export function splitLast(
  net: Network,
  x: Value,
  { name, parts }: LayerOptions & { readonly parts: readonly string[] },
): Value[] {
  const width = Number(x.shape!.at(-1)) / parts.length;
  const node = net.graph.add("Split", [x], {
    name,
    outputs: parts.map((part) => `${name}.${part}`),
    attributes: { axis: int(x.shape!.length - 1) },
  });
  return node.outputs.map((value) => {
    value!.type = "float32";
    value!.shape = [...x.shape!.slice(0, -1), width];
    return value!;
  });
}

/** The size of an axis of `x`, known at run time: int64 `[1]`. */
export function sizeAt(
  net: Network,
  x: Value,
  { name, axis }: LayerOptions & { readonly axis: number },
): Value {
  const attributes = { start: int(axis), end: int(axis + 1) };
  return layer(net, "Shape", { name, inputs: [x], shape: [1], type: "int64", attributes });
}

/** Row `rows[n]` of `[T, D]` in each example of `[N, T, D]`, with `rows` int64 `[N]`: `[N, D]`. */
export function rowsAt(net: Network, x: Value, rows: Value, { name }: LayerOptions): Value {
  const indices = unsqueeze(net, rows, { name: `${name}.rows`, axes: [1] });
  const shape = [x.shape![0]!, x.shape![2]!];
  const attributes = { batch_dims: int(1) };
  return layer(net, "GatherND", { name, inputs: [x, indices], shape, attributes });
}
