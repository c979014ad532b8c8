import { decodeTensor } from "./tensor_codec.ts";
import type { Graph, Node } from "./graph.ts";
import { renamed, withSubgraphs } from "./subgraph.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { GraphProto } from "./wire/onnx_pb.ts";

/**
 * Weights that lie inside branches and loops move to the graph around them, where they can be seen
 * and trained. Constants of one element stay.
 */
export function hoistWeights(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    const hoisted: string[] = [];
    const attributes = withSubgraphs(node.attributes, (proto) => emptied(graph, proto, hoisted));
    if (hoisted.length > 0) replace(graph, node, attributes, hoisted);
  }
}

/** A graph message without its weights, which are added to `graph` under the names in `hoisted`. */
function emptied(graph: Graph, proto: GraphProto, hoisted: string[]): GraphProto {
  const names = new Map<string, string>();
  const kept = proto.initializer.filter((one) => {
    const constant = decodeTensor(one, new Map());
    if (!constant || !isFloat(constant.type) || constant.data.length < 2) return true;
    const name = graph.values.has(one.name) ? graph.fresh(one.name) : one.name;
    graph.addConstant(name, constant);
    names.set(one.name, name);
    hoisted.push(name);
    return false;
  });
  return names.size === 0 ? proto : renamed({ ...proto, initializer: kept }, names);
}

/** Exchanges a node for one with other attributes that reads more from around it. */
function replace(
  graph: Graph,
  node: Node,
  attributes: ConstructorParameters<typeof Node>[3]["attributes"] & object,
  more: readonly string[],
): void {
  const outputs = node.outputs.map((value) => value?.name ?? "");
  const held = node.outputs.map((value) => value && { value, at: graph.outputs.indexOf(value) });
  const { opType, inputs, domain, name, source } = node;
  const captures = [...node.captures, ...more.map((one) => graph.value(one))];
  for (const one of held) if (one) one.value.producer = undefined;
  (node.outputs as (undefined)[]).fill(undefined);
  graph.remove(node);
  graph.add(opType, inputs, {
    outputs,
    attributes,
    domain,
    name,
    captures,
    ...(source && { source }),
  });
}
