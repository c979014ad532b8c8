import type { Graph } from "../graph.ts";
import { isRead, release } from "./reroute.ts";

/**
 * Takes the largest of each window before ReLU, not after: the numbers are the same, and so are the
 * gradients, since a window whose largest is not positive has none; but ReLU, and the mask of its
 * gradient, meet a fraction of the elements.
 */
export function poolBeforeRelu(graph: Graph): void {
  for (const pool of [...graph.nodes]) {
    if (pool.opType !== "MaxPool" || pool.domain !== "") continue;
    const [largest, indices] = pool.outputs;
    const activated = pool.inputs[0]!;
    const relu = activated.producer;
    if (relu?.opType !== "Relu" || relu.domain !== "") continue;
    const isShared = activated.consumers.size > 1 || graph.outputs.includes(activated);
    // In a window without positive numbers the place is another one.
    if (isShared || indices && isRead(graph, indices)) continue;
    graph.setInput(pool, 0, relu.inputs[0]!);
    const pooled = release(graph, pool, 0);
    graph.remove(relu);
    graph.add("Relu", [pooled], { outputs: [largest!.name], name: relu.name });
  }
}
