import type { Graph, Node, Value } from "../graph.ts";
import { addInt64s, addScalar } from "./constants.ts";
import { elementType } from "./known.ts";
import type { Upgrade, Upgrades } from "./upgrade.ts";

/** Operators that took numbers as attributes once and take them as inputs now. */
export const INPUT_UPGRADES: Upgrades = {
  Clip: { since: 11, apply: clip },
  Pad: { since: 11, apply: pad },
  Slice: { since: 10, apply: slice },
  Squeeze: { since: 13, apply: listToInput("axes") },
  Unsqueeze: { since: 13, apply: listToInput("axes") },
  ReduceSum: { since: 13, apply: listToInput("axes") },
  ReduceL1: { since: 18, apply: listToInput("axes") },
  ReduceL2: { since: 18, apply: listToInput("axes") },
  ReduceLogSum: { since: 18, apply: listToInput("axes") },
  ReduceLogSumExp: { since: 18, apply: listToInput("axes") },
  ReduceMax: { since: 18, apply: listToInput("axes") },
  ReduceMean: { since: 18, apply: listToInput("axes") },
  ReduceMin: { since: 18, apply: listToInput("axes") },
  ReduceProd: { since: 18, apply: listToInput("axes") },
  ReduceSumSquare: { since: 18, apply: listToInput("axes") },
  TopK: { since: 10, apply: topK },
};

function clip(graph: Graph, node: Node): void {
  ["min", "max"].forEach((name, at) => {
    const bound = node.attributes.get(name);
    if (bound?.kind === "float") {
      graph.setInput(node, at + 1, addLike(graph, name, node.inputs[0]!, bound.value));
    }
    node.attributes.delete(name);
  });
}

function pad(graph: Graph, node: Node): void {
  const value = node.float("value", 0);
  attributeToInput(graph, node, "pads", 1);
  if (value !== 0) graph.setInput(node, 2, addLike(graph, "value", node.inputs[0]!, value));
  node.attributes.delete("value");
}

function slice(graph: Graph, node: Node): void {
  attributeToInput(graph, node, "starts", 1);
  attributeToInput(graph, node, "ends", 2);
  attributeToInput(graph, node, "axes", 3);
}

function topK(graph: Graph, node: Node): void {
  graph.setInput(node, 1, addInt64s(graph, "k", [node.int("k", 1)]));
  node.attributes.delete("k");
}

function listToInput(name: string): Upgrade["apply"] {
  return (graph, node) => attributeToInput(graph, node, name, 1);
}

/** An empty list meant the same as none. */
function attributeToInput(graph: Graph, node: Node, name: string, position: number): void {
  const list = node.ints(name);
  if (list && list.length > 0) {
    graph.setInput(node, position, addInt64s(graph, name, list));
  }
  node.attributes.delete(name);
}

/** The old attributes were for float tensors only, nearly always float32. */
function addLike(graph: Graph, stem: string, value: Value, number: number): Value {
  return addScalar(graph, stem, elementType(value) ?? "float32", number);
}
