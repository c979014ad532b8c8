import type { Builder } from "../../autodiff/builder.ts";
import { scaleGradient } from "../../autodiff/scale_gradient.ts";
import type { Graph, Node, Value } from "../../onnx/graph.ts";

/**
 * Multiplies the gradient that leaves the branch of `output` towards the rest of the network by
 * `factor`: the branch is what serves no other output of the graph. Gives how many values it reads of
 * the rest that something before them could move.
 */
export function reverseBranch(g: Builder, output: Value, factor: Value): number {
  const { graph } = g;
  const own = branchOf(graph, output);
  const reversed = new Map<Value, Value>();
  for (const node of own) {
    node.inputs.forEach((value, position) => {
      if (!value?.producer || own.has(value.producer)) return;
      const other = reversed.get(value) ?? scaleGradient(g, value, factor);
      reversed.set(value, other);
      graph.setInput(node, position, other);
    });
  }
  return reversed.size;
}

/** Nodes that only `output` needs. */
function branchOf(graph: Graph, output: Value): Set<Node> {
  const others = new Set<Node>();
  for (const value of graph.outputs) if (value !== output) addBefore(value, others);
  const own = new Set<Node>();
  addBefore(output, own);
  return own.difference(others);
}

/** Adds all nodes that a value comes from. */
function addBefore(value: Value, found: Set<Node>): void {
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    const { producer } = at;
    if (!producer || found.has(producer)) continue;
    found.add(producer);
    open.push(...producer.reads());
  }
}
