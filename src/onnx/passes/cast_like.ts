import { int } from "../attribute.ts";
import type { Graph } from "../graph.ts";
import { typeNumber } from "./known.ts";
import { release } from "./reroute.ts";

/**
 * Writes every CastLike whose second input has a known type as a Cast, which reads nothing of that
 * input: so a constant that was cast stays one.
 */
export function castLikeToCast(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    const type = node.inputs[1]?.type;
    if (node.opType !== "CastLike" || node.domain !== "" || !type) continue;
    const [output] = node.outputs;
    release(graph, node, 0);
    graph.remove(node);
    graph.add("Cast", [node.inputs[0]], {
      outputs: [output!.name],
      attributes: { to: int(typeNumber(type)) },
      name: node.name,
    });
  }
}
