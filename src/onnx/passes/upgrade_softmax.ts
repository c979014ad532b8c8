import { int } from "../attribute.ts";
import type { Dim, Graph, Node, Value } from "../graph.ts";
import { addInt64s } from "./constants.ts";
import { rankOf } from "./known.ts";
import { release } from "./reroute.ts";
import type { Upgrades } from "./upgrade.ts";

/**
 * Softmax, LogSoftmax and Hardmax ran over all axes from `axis` on, taken together, before opset 13;
 * now they run over `axis` alone.
 */
export const SOFTMAX_UPGRADES: Upgrades = {
  Softmax: { since: 13, apply: oneAxis },
  LogSoftmax: { since: 13, apply: oneAxis },
  Hardmax: { since: 13, apply: oneAxis },
};

function oneAxis(graph: Graph, node: Node): void {
  const x = node.inputs[0]!;
  const rank = rankOf(x);
  const axis = node.int("axis", 1);
  const first = axis < 0 && rank !== undefined ? axis + rank : axis;
  const only = first === -1 ? -1 : onlyAxis(x.shape, rank, first);
  if (only === undefined) flatten(graph, node, x, first);
  else node.attributes.set("axis", int(only));
}

/** The one axis from `first` on that may be longer than 1, if there is just one. */
function onlyAxis(
  shape: readonly Dim[] | undefined,
  rank: number | undefined,
  first: number,
): number | undefined {
  if (rank === first + 1) return -1;
  if (!shape || first < 0) return undefined;
  const long = shape.map((_, axis) => axis).filter((axis) => axis >= first && shape[axis] !== 1);
  if (long.length > 1) return undefined;
  const only = long[0] ?? first;
  return only === shape.length - 1 ? -1 : only;
}

function flatten(graph: Graph, node: Node, x: Value, axis: number): void {
  const flat = graph.add("Flatten", [x], { attributes: { axis: int(axis) } });
  const y = node.outputs[0]!;
  const probabilities = release(graph, node, 0);
  probabilities.shape = undefined;
  graph.setInput(node, 0, flat.outputs[0]);
  node.attributes.set("axis", int(-1));
  graph.add("Reshape", [probabilities, shapeOf(graph, x)], { outputs: [y.name] });
}

function shapeOf(graph: Graph, x: Value): Value | undefined {
  const free = x.shape?.filter((dim) => typeof dim === "string").length;
  if (x.shape && free! <= 1) {
    const dims = x.shape.map((dim) => typeof dim === "string" ? -1 : dim);
    return addInt64s(graph, "shape", dims);
  }
  return graph.add("Shape", [x]).outputs[0];
}
