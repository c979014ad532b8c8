import type { Builder } from "../../autodiff/builder.ts";
import type { Graph, Value } from "../../onnx/graph.ts";

/**
 * Copies what `outputs` of the graph `part` depend on into the builder's graph, where `given` stands
 * for its inputs; gives the copy of each output. `part` is pruned on the way.
 */
export function transplant(
  g: Builder,
  part: Graph,
  given: ReadonlyMap<Value, Value>,
  outputs: readonly Value[],
): Map<Value, Value> {
  part.outputs.splice(0, Infinity, ...outputs);
  part.prune();
  const twins = new Map<Value, Value>(given);
  for (const value of part.constants()) twins.set(value, g.constant(value.constant!));
  for (const node of part.sorted()) {
    const inputs = node.inputs.map((value) => value && twins.get(value));
    const made = g.graph.add(node.opType, inputs, {
      outputs: node.outputs.length,
      attributes: Object.fromEntries(node.attributes),
      domain: node.domain,
    });
    node.outputs.forEach((value, position) => {
      const twin = made.outputs[position];
      if (!value || !twin) return;
      twin.type = value.type;
      twin.shape = value.shape;
      twins.set(value, twin);
    });
  }
  return new Map(outputs.map((value) => [value, twins.get(value)!]));
}
