import { int, string } from "../attribute.ts";
import type { Graph, Node } from "../graph.ts";
import { addInt64s } from "./constants.ts";
import { rankOf } from "./known.ts";

/** Forms of one meaning that any opset allows, brought to one; by operator. */
export const CANONICAL: Readonly<Record<string, (graph: Graph, node: Node) => void>> = {
  Flatten: flatten,
  Pad: pad,
  Resize: resize,
  Split: split,
};

/** An axis from the front, where the rank is known. */
function flatten(_: Graph, node: Node): void {
  const axis = node.int("axis", 1);
  const rank = rankOf(node.inputs[0]!);
  if (axis < 0 && rank !== undefined) node.attributes.set("axis", int(axis + rank));
}

function pad(_: Graph, node: Node): void {
  if (!node.attributes.has("mode")) node.attributes.set("mode", string("constant"));
}

/** Until opset 13, `scales` was an empty tensor where `sizes` counts. */
function resize(graph: Graph, node: Node): void {
  for (const at of [1, 2, 3]) {
    if (node.inputs[at]?.constant?.data.length === 0) graph.setInput(node, at, undefined);
  }
}

/** The size of every part as an input where the axis is known, else `num_outputs`. */
function split(graph: Graph, node: Node): void {
  const listed = node.ints("split");
  node.attributes.delete("split");
  if (node.inputs[1]) return;
  if (listed && listed.length > 0) {
    graph.setInput(node, 1, addInt64s(graph, "split", listed));
    return;
  }
  const parts = node.int("num_outputs", node.outputs.length);
  const { shape } = node.inputs[0]!;
  const axis = node.int("axis", 0);
  const length = shape?.[axis < 0 ? axis + shape.length : axis];
  if (typeof length !== "number") {
    node.attributes.set("num_outputs", int(parts));
    return;
  }
  node.attributes.delete("num_outputs");
  const size = Math.ceil(length / parts);
  const sizes = Array.from({ length: parts }, (_, part) => Math.min(size, length - size * part));
  graph.setInput(node, 1, addInt64s(graph, "split", sizes));
}
