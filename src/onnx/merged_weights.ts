import type { Graph, Value } from "./graph.ts";

/**
 * Exporters store equal weights once and hand them on through Identity nodes that keep the other
 * names. Weights that are tied stay so; but tensors that are all zeros or all ones, as biases and
 * scales of a new network, were equal by chance: each becomes a weight of its own again.
 */
export function separateMergedWeights(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.opType !== "Identity" || node.domain !== "") continue;
    const [kept, named] = [node.inputs[0], node.outputs[0]];
    if (!kept || !named || !isUniform(kept)) continue;
    graph.makeConstant(named, kept.constant!);
  }
}

/** Whether all elements of a constant, of which there are several, are the same number. */
export function isUniform({ constant }: Value): boolean {
  if (!constant || constant.data.length < 2) return false;
  const data = constant.data as ArrayLike<number | bigint>;
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return false;
  return true;
}
