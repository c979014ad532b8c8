import type { Graph, Value } from "./graph.ts";
import type { Model } from "./model.ts";
import { pooled } from "./head_features.ts";
import { valueNamed } from "./select.ts";

/** A graph that ends at layers. */
export interface FeatureGraph {
  /** The graph; its only outputs are the layers'. */
  readonly graph: Graph;
  /** The output of each layer, in the order asked for. */
  readonly outputs: readonly Value[];
}

/**
 * The model up to some layers: the name of a node or value, whose output is given as it is, or
 * `"pool"`, what feeds the classifier, `[N, D]`, also where a node has that name. Throws `RangeError`
 * for an unknown name.
 */
export function featureGraph(model: Model, layers: readonly string[]): FeatureGraph {
  const graph = model.graph.clone();
  const outputs = layers.map((layer) =>
    layer === "pool" ? pooled(graph).value : valueNamed(graph, layer)
  );
  graph.outputs.length = 0;
  graph.outputs.push(...new Set(outputs));
  graph.prune();
  return { graph, outputs };
}
