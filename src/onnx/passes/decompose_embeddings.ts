import { type Attribute, float, int } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { int64s } from "../../tensor/tensor.ts";
import { addInt64s } from "./constants.ts";
import { release } from "./reroute.ts";

type Attributes = Readonly<Record<string, Attribute>>;

function add(
  graph: Graph,
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  return graph.add(opType, inputs, { attributes }).outputs[0]!;
}

/** Sums of embeddings, normalised (`com.microsoft.EmbedLayerNormalization`). */
export function embedLayerNormalization(graph: Graph, node: Node): void {
  const [ids, segments, words, positions, kinds, gamma, beta, mask, places] = node.inputs;
  if (!ids || !words || !positions || !gamma) return;
  const at = places ?? range(graph, ids);
  const own = [
    add(graph, "Gather", [words, ids]),
    add(graph, "Gather", [positions, at]),
    ...segments && kinds ? [add(graph, "Gather", [kinds, segments])] : [],
  ];
  const sum = own.reduce((total, one) => add(graph, "Add", [total, one]));
  const epsilon = float(node.float("epsilon", 1e-12));
  take(graph, node, 0, "LayerNormalization", [sum, gamma, beta], { axis: int(-1), epsilon });
  if (node.outputs[1]) {
    // Without a mask the runtime counts none.
    const marks = mask ?? add(graph, "Sub", [ids, ids]);
    const axis = addInt64s(graph, "axes", [1]);
    take(graph, node, 1, "ReduceSum", [marks, axis], { keepdims: int(0) });
  }
  if (node.outputs[2]) take(graph, node, 2, "Identity", [sum]);
  graph.remove(node);
}

/** Lets a new node make what output `position` of `node` was called, for its readers. */
function take(
  graph: Graph,
  node: Node,
  position: number,
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): void {
  const { name } = node.outputs[position]!;
  release(graph, node, position);
  graph.add(opType, inputs, { outputs: [name], attributes });
}

/** 0, 1, … along the second axis of `x`, int64. */
function range(graph: Graph, x: Value): Value {
  const scalar = (value: number) => graph.addConstant(graph.fresh("scalar"), int64s([value], []));
  const length = add(graph, "Gather", [add(graph, "Shape", [x]), scalar(1)]);
  return add(graph, "Range", [scalar(0), length, scalar(1)]);
}
