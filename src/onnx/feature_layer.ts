import type { Graph, Value } from "./graph.ts";
import type { Model } from "./model.ts";
import { pooled } from "./head_features.ts";
import { valueNamed } from "./select.ts";

/** A graph that ends at a layer. */
export interface FeatureGraph {
  /** The graph; its only output is the layer's. */
  readonly graph: Graph;
  /** The layer's output. */
  readonly output: Value;
}

/**
 * The model up to a layer: the name of a node or value, whose output is given as it is, or `"pool"`,
 * what feeds the classifier, `[N, D]`, also where a node has that name. Throws `RangeError` for an
 * unknown name.
 */
export function featureGraph(model: Model, layer: string): FeatureGraph {
  const graph = model.graph.clone();
  const output = layer === "pool" ? pooled(graph).value : valueNamed(graph, layer);
  graph.outputs.length = 0;
  graph.outputs.push(output);
  graph.prune();
  return { graph, output };
}
