import type { Graph } from "../graph.ts";
import { elementType, typeNumber } from "./known.ts";
import { bypass } from "./reroute.ts";

/**
 * Removes Identity nodes and Casts to the type a value has already. Graph inputs and outputs keep
 * their names; a node that connects an input or a constant to an output stays.
 */
export function removeIdentities(graph: Graph): void {
  for (const node of graph.sorted()) {
    const x = node.inputs[0];
    if (!x || node.domain !== "") continue;
    const type = node.opType === "Cast" ? elementType(x) : undefined;
    const noCast = type !== undefined && typeNumber(type) === node.int("to", 0);
    if (node.opType === "Identity" || noCast) bypass(graph, node, x);
  }
}
