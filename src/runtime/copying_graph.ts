import { Graph } from "../onnx/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Element type and shape. */
export type Kind = Pick<Tensor, "type" | "dims">;

/** A graph that gives each of its inputs as it is, as the output `copyName` of it. */
export function copyingGraph(inputs: Iterable<readonly [name: string, kind: Kind]>): Graph {
  const graph = new Graph();
  graph.opsets.set("", 17);
  for (const [name, { type, dims }] of inputs) {
    const { outputs } = graph.add("Identity", [graph.addInput(name, type, dims)], {
      outputs: [copyName(name)],
    });
    graph.outputs.push(Object.assign(outputs[0]!, { type, shape: dims }));
  }
  return graph;
}

/** Name of the output that is an input's copy. */
export function copyName(name: string): string {
  return `copy/${name}`;
}
