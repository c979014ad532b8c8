import { int64s, toNumbers } from "../tensor/tensor.ts";
import type { Graph, Value } from "./graph.ts";

/**
 * Makes a batch size that was baked into a graph free: the first axis of its inputs, and the
 * shapes that values computed from them are reshaped to. Values in between forget their shapes.
 */
export function freeBatch(graph: Graph): void {
  const baked = graph.inputs.filter((input) =>
    input.shape && input.shape.length >= 2 && typeof input.shape[0] === "number"
  );
  const batch = baked[0]?.shape?.[0];
  if (typeof batch !== "number" || baked.some((input) => input.shape![0] !== batch)) return;
  const onPath = new Set<Value>(baked);
  for (const node of graph.sorted()) {
    if (!node.inputs.some((value) => value && onPath.has(value))) continue;
    if (node.opType === "Shape" || node.opType === "Size") continue;
    for (const value of node.outputs) if (value) onPath.add(value);
    const target = node.opType === "Reshape" ? node.inputs[1] : undefined;
    if (!target?.constant || !node.inputs[0] || !onPath.has(node.inputs[0])) continue;
    const shape = toNumbers(target.constant);
    if (shape[0] !== batch || shape.length < 2) continue;
    shape[0] = shape.slice(1).every((size) => size > 0) ? -1 : 0;
    graph.setInput(node, 1, graph.addConstant(graph.fresh("free_shape"), int64s(shape)));
  }
  for (const value of onPath) {
    const free = value.shape?.[0] === batch &&
      (graph.inputs.includes(value) || graph.outputs.includes(value));
    if (free) value.shape = ["batch", ...value.shape!.slice(1)];
    else if (value.producer && !graph.outputs.includes(value)) value.shape = undefined;
  }
}
