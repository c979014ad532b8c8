import type { Attribute } from "./attribute.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { decodeGraph, outerNames } from "./graph_codec.ts";
import type { AttributeProto, GraphProto, NodeProto, ValueInfoProto } from "./wire/onnx_pb.ts";

/** The graph inside an attribute of a node, as it was read. */
export function subgraphOf(node: Node, attribute: string): GraphProto | undefined {
  return (node.attributes.get(attribute)?.source as AttributeProto | undefined)?.g;
}

/** A node's attributes that hold graphs, each graph exchanged for another. */
export function withSubgraphs(
  attributes: ReadonlyMap<string, Attribute>,
  change: (proto: GraphProto) => GraphProto,
): Record<string, Attribute> {
  return Object.fromEntries(
    [...attributes].map(([name, one]) => {
      const source = one.source as AttributeProto | undefined;
      return [name, source?.g ? { ...one, source: { ...source, g: change(source.g) } } : one];
    }),
  );
}

/** A graph message that reads other names from around it. */
export function renamed(proto: GraphProto, names: ReadonlyMap<string, string>): GraphProto {
  const own = new Set([
    ...proto.input.map((one) => one.name),
    ...proto.initializer.map((one) => one.name),
    ...proto.node.flatMap((node) => node.output),
  ]);
  const left = new Map([...names].filter(([name]) => !own.has(name)));
  if (left.size === 0) return proto;
  const of = (name: string) => left.get(name) ?? name;
  const node = (one: NodeProto): NodeProto => ({
    ...one,
    input: one.input.map(of),
    attribute: one.attribute.map((part) => part.g ? { ...part, g: renamed(part.g, left) } : part),
  });
  const output = (one: ValueInfoProto): ValueInfoProto => ({ ...one, name: of(one.name) });
  return { ...proto, node: proto.node.map(node), output: proto.output.map(output) };
}

/**
 * Adds the nodes of a subgraph to the graph around it: `inputs` stand for the subgraph's own, and
 * what it makes gets fresh names. Returns its outputs.
 */
export function inlined(graph: Graph, proto: GraphProto, inputs: readonly Value[]): Value[] {
  const outer = [...new Set(outerNames(proto))];
  const around = outer.map((name) => ({ name }) as ValueInfoProto);
  const body = decodeGraph({ ...proto, input: [...proto.input, ...around] }, new Map());
  const twins = new Map<Value, Value>();
  proto.input.forEach((one, at) => twins.set(body.value(one.name), inputs[at]!));
  for (const name of outer) twins.set(body.value(name), graph.value(name));
  copyInto(graph, body, twins);
  return body.outputs.map((value) => twins.get(value)!);
}

/**
 * Adds the nodes of another graph to `graph` under fresh names. `twins` has what stands for the other's
 * inputs, and is given what stands for the rest.
 */
export function copyInto(graph: Graph, body: Graph, twins: Map<Value, Value>): void {
  for (const value of body.constants()) {
    if (twins.has(value)) continue;
    const made = graph.addConstant(graph.fresh(value.name), value.constant!);
    made.isLiteral = value.isLiteral;
    twins.set(value, made);
  }
  for (const node of body.sorted()) {
    const names = new Map(node.captures.map((value) => [value.name, twins.get(value)!.name]));
    const made = graph.add(node.opType, node.inputs.map((value) => value && twins.get(value)), {
      outputs: node.outputs.map((value) => value ? graph.fresh(value.name) : ""),
      attributes: withSubgraphs(node.attributes, (inside) => renamed(inside, names)),
      domain: node.domain,
      name: node.name,
      captures: node.captures.map((value) => twins.get(value)!),
    });
    node.outputs.forEach((value, at) => value && twins.set(value, made.outputs[at]!));
  }
}
