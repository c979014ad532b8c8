import { create, isMessage } from "@bufbuild/protobuf";
import { int64s, type Tensor, tensor } from "../tensor/tensor.ts";
import type { Attribute } from "./attribute.ts";
import { Graph, type Node, type Value } from "./graph.ts";
import { decodeAttribute, encodeAttribute } from "./attribute_codec.ts";
import { decodeTensor, type ExternalFiles, typeOfNumber, unusedOfTensor } from "./tensor_codec.ts";
import { ONNX_TYPE_NUMBERS } from "./types.ts";
import { withUnknownFields } from "./unknown_fields.ts";
import {
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./wire/onnx_pb.ts";

/**
 * A graph message as a graph. Weights that are also listed as inputs (IR version 3 and before) are
 * constants; Constant nodes become constants. Throws `SyntaxError` for a graph that contradicts itself.
 */
export function decodeGraph(proto: GraphProto, external: ExternalFiles): Graph {
  const graph = new Graph();
  for (const one of proto.initializer) {
    const constant = decodeTensor(one, external);
    if (constant) graph.addConstant(one.name, constant).source = unusedOfTensor(one);
  }
  for (const input of proto.input) {
    if (graph.values.get(input.name)?.constant) continue;
    const { type, shape } = decodeInfo(input);
    graph.addInput(input.name, type, shape).source = unusedOfInfo(input);
  }
  for (const node of proto.node) addNode(graph, node, external);
  for (const output of proto.output) {
    const value = graph.value(output.name);
    describe(value, output);
    value.source ??= unusedOfInfo(output);
    graph.outputs.push(value);
  }
  for (const info of proto.valueInfo) {
    const value = graph.values.get(info.name);
    if (value) describe(value, info);
  }
  for (const value of graph.values.values()) {
    if (!value.producer && !value.constant && !graph.inputs.includes(value)) {
      const reader = [...value.consumers][0] ?? "the graph's outputs";
      throw new SyntaxError(`Nothing makes the value "${value.name}", which ${reader} reads`);
    }
  }
  return graph;
}

/** Nodes of a graph as messages, each after what it reads. */
export function encodeNodes(nodes: readonly Node[]): NodeProto[] {
  const taken = new Set<string>();
  return nodes.map((node) => {
    // The runtime refuses two nodes of one name, which edits and some exporters leave behind.
    let name = node.name;
    for (let n = 1; name !== "" && taken.has(name); n++) name = `${node.name}_${n}`;
    taken.add(name);
    const source = node.source as NodeProto | undefined;
    const made = create(NodeProtoSchema, {
      ...(source && {
        docString: source.docString,
        overload: source.overload,
        metadataProps: source.metadataProps,
        deviceConfigurations: source.deviceConfigurations,
      }),
      opType: node.opType,
      domain: node.domain,
      name,
      input: node.inputs.map((value) => value?.name ?? ""),
      output: node.outputs.map((value) => value?.name ?? ""),
      attribute: [...node.attributes].map(([name, one]) => encodeAttribute(name, one)),
    });
    return withUnknownFields(made, source);
  });
}

/** Name, type and shape of a value as a message. */
export function encodeInfo(value: Value): ValueInfoProto {
  const dims = value.shape?.map((dim) => ({
    value: typeof dim === "number"
      ? { case: "dimValue" as const, value: BigInt(dim) }
      : dim === ""
      ? { case: undefined }
      : { case: "dimParam" as const, value: dim },
  }));
  const source = isMessage(value.source, ValueInfoProtoSchema) ? value.source : undefined;
  const made = create(ValueInfoProtoSchema, {
    ...(source && { docString: source.docString, metadataProps: source.metadataProps }),
    name: value.name,
    ...(value.type && {
      type: {
        value: {
          case: "tensorType",
          value: {
            elemType: ONNX_TYPE_NUMBERS[value.type],
            ...(dims && { shape: { dim: dims } }),
          },
        },
      },
    }),
  });
  return withUnknownFields(made, source);
}

/** What Graft does not use of the description of an input or output. */
function unusedOfInfo(info: ValueInfoProto): ValueInfoProto {
  const { docString, metadataProps } = info;
  return withUnknownFields(create(ValueInfoProtoSchema, { docString, metadataProps }), info);
}

function decodeInfo(info: ValueInfoProto) {
  const tensor = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
  return {
    type: tensor && typeOfNumber(tensor.elemType),
    shape: tensor?.shape?.dim.map((dim) =>
      dim.value.case === "dimValue" ? Number(dim.value.value) : dim.value.value ?? ""
    ),
  };
}

function describe(value: Value, info: ValueInfoProto): void {
  const { type, shape } = decodeInfo(info);
  value.type ??= type;
  value.shape ??= shape;
}

function addNode(graph: Graph, proto: NodeProto, external: ExternalFiles): void {
  const attributes = Object.fromEntries(
    proto.attribute.map((one) => [one.name, decodeAttribute(one, external)]),
  );
  const constant = proto.opType === "Constant" && constantOf(attributes);
  if (constant) {
    graph.addConstant(proto.output[0]!, constant).isLiteral = true;
    return;
  }
  const captures = new Set(
    proto.attribute.flatMap((one) => [...(one.g ? [one.g] : []), ...one.graphs]).flatMap(
      outerNames,
    ),
  );
  graph.add(
    proto.opType,
    proto.input.map((name) => name === "" ? undefined : graph.value(name)),
    {
      outputs: proto.output,
      attributes,
      domain: proto.domain,
      name: proto.name,
      captures: [...captures].map((name) => graph.value(name)),
      source: proto,
    },
  );
}

/** The tensor that a Constant node with these attributes gives. */
function constantOf(attributes: Readonly<Record<string, Attribute>>): Tensor | undefined {
  for (const attribute of Object.values(attributes)) {
    if (attribute.kind === "tensor") return attribute.value;
    if (attribute.kind === "float") return tensor("float32", [], [attribute.value]);
    if (attribute.kind === "floats") {
      return tensor("float32", [attribute.value.length], [...attribute.value]);
    }
    if (attribute.kind === "int") return int64s([attribute.value], []);
    if (attribute.kind === "ints") return int64s(attribute.value);
  }
  return undefined;
}

/** Names that a subgraph reads from around it. */
export function outerNames(proto: GraphProto): string[] {
  const own = new Set([
    ...proto.input.map((one) => one.name),
    ...proto.initializer.map((one) => one.name),
    ...proto.node.flatMap((node) => node.output),
  ]);
  const read = [
    ...proto.node.flatMap((node) => node.input),
    ...proto.node.flatMap((node) =>
      node.attribute.flatMap((one) => [...(one.g ? [one.g] : []), ...one.graphs]).flatMap(
        outerNames,
      )
    ),
    ...proto.output.map((one) => one.name),
  ];
  return read.filter((name) => name !== "" && !own.has(name));
}
