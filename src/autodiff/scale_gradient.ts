import type { Node, Value } from "../onnx/graph.ts";
import { type Builder, dimsOf, typeOf } from "./builder.ts";

/** By what the gradient that passes a node is multiplied; 0 where none passes. */
const FACTORS = new WeakMap<Node, Value | 0>();

/**
 * `x` itself, whose gradient is multiplied by a factor on its way back: a scalar of its type, such as −λ
 * for the gradient reversal of Ganin et al. 2016, or a number.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { loadBackbone, type Loss, replaceHead, scaleGradient, valueAndGrad } from "@graft/graft";
 *
 * const model = replaceHead(await loadBackbone("digit_cnn", { weights: "random" }), { outputs: 1 });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784).fill(1) } as const;
 * const targets = { type: "float32", dims: [1, 1], data: Float32Array.of(1) } as const;
 * const biasSlope = async (factor: number) => {
 *   const loss: Loss = (g, y) => g.reshape(scaleGradient(g, y, factor), [1]);
 *   return (await valueAndGrad(model, { x }, targets, { loss })).gradients.get("head.bias")!.data[0]!;
 * };
 * assertAlmostEquals(await biasSlope(-0.5), -0.5);
 * ```
 */
export function scaleGradient(g: Builder, x: Value, factor: Value | number): Value {
  // One of its own each time: the builder would share nodes that are alike.
  const node = g.graph.add("Identity", [x]);
  const [value] = node.outputs as [Value];
  value.type = typeOf(x);
  value.shape = dimsOf(x);
  FACTORS.set(node, factor === 0 ? 0 : typeof factor === "number" ? g.scalar(factor, x) : factor);
  return value;
}

/**
 * `x` itself as something that does not move: no gradient passes it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, type Loss, replaceHead, stopGradient, valueAndGrad } from "@graft/graft";
 *
 * const model = replaceHead(await loadBackbone("digit_cnn", { weights: "random" }), { outputs: 1 });
 * const x = { type: "float32", dims: [1, 1, 28, 28], data: new Float32Array(784).fill(1) } as const;
 * const targets = { type: "float32", dims: [1, 1], data: Float32Array.of(1) } as const;
 * // y − sg(y) is 0, and its slope by y is 1.
 * const loss: Loss = (g, y) => g.reshape(g.sub(y, stopGradient(g, y)), [1]);
 * const found = await valueAndGrad(model, { x }, targets, { loss });
 * assertEquals([found.loss, found.gradients.get("head.bias")!.data[0]], [0, 1]);
 * ```
 */
export function stopGradient(g: Builder, x: Value): Value {
  return scaleGradient(g, x, 0);
}

/** By what the gradient that passes a node is multiplied; 0 where none passes, `undefined` for as it is. */
export function gradientFactor(node: Node): Value | 0 | undefined {
  return FACTORS.get(node);
}
