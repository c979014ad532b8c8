import type { Graph, Value } from "./graph.ts";
import { pooled } from "./head_features.ts";

/** The name of the output that shows a layer. */
export function layerName(layer: string): string {
  return `graft_layer/${layer}`;
}

/**
 * Makes layers inside a graph outputs of it, each called by `layerName`: nodes or values by their name,
 * or `"pool"`, what feeds the classifier. Names that are outputs already, or are not there, are left alone.
 */
export function showLayers(graph: Graph, layers: readonly string[]): void {
  const shown = layers.flatMap((layer) => {
    if (graph.outputs.some(({ name }) => name === layer)) return [];
    const value = layerOf(graph, layer);
    return value ? [[layer, value] as const] : [];
  });
  for (const [layer, value] of shown) {
    const [output] = graph.add("Identity", [value], { outputs: [layerName(layer)] }).outputs;
    output!.type = value.type;
    output!.shape = value.shape;
    graph.outputs.push(output!);
  }
}

function layerOf(graph: Graph, layer: string): Value | undefined {
  if (layer === "pool") return pooled(graph).value;
  return graph.values.get(layer) ??
    [...graph.nodes].find(({ name }) => name === layer)?.outputs[0];
}
