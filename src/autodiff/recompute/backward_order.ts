import type { Graph, Node, Value } from "../../onnx/graph.ts";
import type { ForwardPart } from "./forward_part.ts";
import type { Segments } from "./segments.ts";

/**
 * What must be there before a segment is computed again, by segment: all that the backward passes
 * of later segments give to it, to earlier ones or to the outside, and that no later segment waits for.
 */
export function awaited(
  graph: Graph,
  { nodes }: ForwardPart,
  { of, kept, count }: Segments,
): ReadonlyMap<number, readonly Value[]> {
  const phases = new Map<Node, number>();
  const segmentOf = (value: Value) => {
    const { producer } = value;
    if (!producer || kept.has(value)) return count - 1;
    return nodes.has(producer) ? of.get(producer) ?? count - 1 : phases.get(producer)!;
  };
  for (const node of graph.sorted()) {
    if (!nodes.has(node)) phases.set(node, Math.min(count - 1, ...node.reads().map(segmentOf)));
  }
  const outputs = new Set(graph.outputs);
  const firstNeed = (value: Value) =>
    Math.max(
      outputs.has(value) ? phases.get(value.producer!)! - 1 : -1,
      ...[...value.consumers].map((node) => phases.get(node)!).filter((phase) =>
        phase < phases.get(value.producer!)!
      ),
    );
  const found = new Map<number, Value[]>();
  for (const node of phases.keys()) {
    for (const value of node.outputs) {
      const need = value ? firstNeed(value) : -1;
      if (need >= 0) found.set(need, [...found.get(need) ?? [], value!]);
    }
  }
  return found;
}
