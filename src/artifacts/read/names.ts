import type { Graph, Value } from "../../onnx/graph.ts";

/** The flag that makes gradients replace what was accumulated. */
export const RESET = "lazy_reset_grad";

/** The name of the buffer that the gradient of a parameter is accumulated in. */
export function bufferOf(parameter: string): string {
  return `${parameter}_grad.accumulation.buffer`;
}

/**
 * What a value of the backward part is the gradient of, by ONNX Runtime's names: `x_grad`, or
 * `x_grad_0` and so on where there are several to be added up.
 */
export function gradientOf(graph: Graph, gradient: Value): Value | undefined {
  const name = /^(.*)_grad(_\d+)?$/.exec(gradient.name)?.[1];
  return name === undefined ? undefined : graph.values.get(name);
}

/** The name of the flag that says that a parameter's gradient was accumulated. */
export function flagOf(parameter: string): string {
  return `${parameter}_grad.accumulation.out`;
}

/** The name of the new value of what the stock form does not write over. */
export function updatedOf(name: string): string {
  return `${name}.updated`;
}

/** The name of the moment number `index` of an optimizer, as checkpoints have it. */
export function momentOf(index: number): string {
  return `momentum${index}`;
}
