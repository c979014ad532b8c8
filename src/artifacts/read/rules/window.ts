import { dimsOf, typeOf } from "../../../autodiff/builder.ts";
import { extents } from "../../../autodiff/window.ts";
import type { Node, Value } from "../../../onnx/graph.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { byRule } from "../by_rule.ts";
import { isWanted, like, lowering, shaped } from "../lowering.ts";
import { gradientOf } from "../names.ts";

/** The gradients of a convolution by X, W and B, as far as they are asked for. */
export const convGrad = lowering(["dY", "X", "W"], ({ g, node, x }) => {
  const Y = shaped(x.dY, x.X, outputShape(node, x.X, dimsOf(x.W)));
  const parts = { g, node, x: { X: x.X, W: x.W }, y: { Y }, dy: { Y } };
  return (["X", "W", "B"] as const).map((input, position) =>
    isWanted(node, position) ? byRule("Conv", input, parts) : undefined
  );
});

/** Each window's gradient goes to the place of its maximum, counted over the whole of X. */
export const maxPoolGrad = lowering(["dY", "Indices"], ({ g, node, x }) => {
  const from = x.Indices.producer?.inputs[0];
  if (!from) throw new TypeError(`Cannot read ${node}: its indices come from no MaxPool`);
  const count = sizeOf(dimsOf(x.Indices));
  const dy = shaped(x.dY, from, dimsOf(x.Indices));
  const zeros = g.full([sizeOf(dimsOf(from))], 0, typeOf(from));
  const flat = g.reshape(x.Indices, [count]);
  return [g.reshape(g.scatterAdd(zeros, flat, g.reshape(dy, [count]), 0), dimsOf(from))];
});

/** Each window's gradient in equal shares to what it averages over. */
export const averagePoolGrad = lowering(["dY"], ({ g, node, x }) => {
  const X = gradientOf(g.graph, node.outputs[0]!);
  if (!X) throw new TypeError(`Cannot read ${node}: nothing says what it is the gradient of`);
  const kernel = node.ints("kernel_shape")!;
  const Y = shaped(x.dY, X, outputShape(node, X, [...dimsOf(X).slice(1, 2), 1, ...kernel]));
  return [like(byRule("AveragePool", "X", { g, node, x: { X }, y: { Y }, dy: { Y } }), X)];
});

/** The shape of a window's results; the training kernels round down. */
function outputShape(node: Node, X: Value, weight: readonly number[]): number[] {
  const [images, , ...input] = dimsOf(X) as [number, number, ...number[]];
  const [filters, , ...kernel] = weight as [number, number, ...number[]];
  const ones = input.map(() => 1);
  const strides = node.ints("strides") ?? ones;
  const dilations = node.ints("dilations") ?? ones;
  const pads = node.ints("pads") ?? [...input, ...input].map(() => 0);
  const [before, after] = [pads.slice(0, input.length), pads.slice(input.length)];
  const reach = extents({ input, output: [], kernel, strides, dilations, before, after });
  const output = input.map((size, axis) =>
    Math.floor((size + before[axis]! + after[axis]! - reach[axis]!) / strides[axis]!) + 1
  );
  return [images, filters, ...output];
}
