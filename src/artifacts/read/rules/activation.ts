import { type Builder, dimsOf } from "../../../autodiff/builder.ts";
import type { Value } from "../../../onnx/graph.ts";
import { byRule } from "../by_rule.ts";
import { like, type Lowering, lowering } from "../lowering.ts";

/** dX = dY where X (or Y) > 0, else 0. */
export const reluGrad = lowering(["dY", "X"], ({ g, node, x }) => [
  byRule("Relu", "X", { g, node, y: { Y: x.X }, dy: { Y: like(x.dY, x.X) } }),
]);

/** dX = dY·Y·(1 − Y). */
export const sigmoidGrad = lowering(["dY", "Y"], ({ g, node, x }) => [
  byRule("Sigmoid", "X", { g, node, y: { Y: x.Y }, dy: { Y: like(x.dY, x.Y) } }),
]);

/** dX = dY·(1 − Y²). */
export const tanhGrad = lowering(["dY", "Y"], ({ g, node, x }) => [
  byRule("Tanh", "input", { g, node, y: { output: x.Y }, dy: { output: like(x.dY, x.Y) } }),
]);

/** dX = dY where Y > 0, else alpha·dY. */
export const leakyReluGrad = lowering(["dY", "Y"], ({ g, node, x }) => [
  byRule("LeakyRelu", "X", { g, node, x: { X: x.Y }, dy: { Y: like(x.dY, x.Y) } }),
]);

/** dX = dY·(Φ(X) + X·φ(X)). */
export const geluGrad = lowering(["dY", "X"], ({ g, node, x }) => [
  byRule("com.microsoft.Gelu", "X", { g, node, x: { X: x.X }, dy: { Y: like(x.dY, x.X) } }),
]);

/** The same by tanh. */
export const fastGeluGrad = lowering(["dY", "X"], ({ g, node, x }) => [
  byRule("com.microsoft.FastGelu", "X", { g, node, x: { X: x.X }, dy: { Y: like(x.dY, x.X) } }),
]);

/** dX = dY·s·(1 + alpha·X·(1 − s)), s = sigmoid(alpha·X). */
export const quickGeluGrad = lowering(["dY", "X"], ({ g, node, x }) => [
  byRule("com.microsoft.QuickGelu", "X", { g, node, x: { X: x.X }, dy: { Y: like(x.dY, x.X) } }),
]);

/** GeluGrad at X + B. */
export const biasGeluGrad = biased("com.microsoft.Gelu");

/** FastGeluGrad at X + B. */
export const biasFastGeluGrad = biased("com.microsoft.FastGelu");

function biased(operator: "com.microsoft.Gelu" | "com.microsoft.FastGelu"): Lowering {
  return lowering(["dY", "X", "B"], ({ g, node, x }) => [
    byRule(operator, "X", { g, node, x: { X: g.add(x.X, x.B) }, dy: { Y: like(x.dY, x.X) } }),
  ]);
}

/** dX = Y·(dY − Σ Y·dY) along one axis. */
export const softmaxGrad13 = lowering(["dY", "Y"], ({ g, node, x }) => [
  byRule("Softmax", "input", { g, node, y: { output: x.Y }, dy: { output: like(x.dY, x.Y) } }),
]);

/** The same, summed over all axes from `axis` on. */
export const softmaxGrad = lowering(["dY", "Y"], ({ g, node, x }) => {
  const axes = axesFrom(node.int("axis", 1), x.Y);
  const weighted = g.mul(like(x.dY, x.Y), x.Y);
  return [g.sub(weighted, g.mul(x.Y, g.reduceSum(weighted, axes)))];
});

/** dX = dY − e^Y·Σ dY along one axis, Y the logarithms. */
export const logSoftmaxGrad13 = lowering(["dY", "Y"], ({ g, node, x }) => {
  return [throughLogs(g, like(x.dY, x.Y), x.Y, [node.int("axis", -1)])];
});

/** The same, summed over all axes from `axis` on. */
export const logSoftmaxGrad = lowering(["dY", "Y"], ({ g, node, x }) => {
  return [throughLogs(g, like(x.dY, x.Y), x.Y, axesFrom(node.int("axis", 1), x.Y))];
});

function throughLogs(g: Builder, dy: Value, logs: Value, axes: readonly number[]): Value {
  return g.sub(dy, g.mul(g.unary("Exp", logs), g.reduceSum(dy, axes)));
}

function axesFrom(axis: number, value: Value): number[] {
  const rank = dimsOf(value).length;
  const first = axis < 0 ? axis + rank : axis;
  return Array.from({ length: rank - first }, (_, i) => first + i);
}
