import { create, isMessage, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Graph, Node, Value } from "./graph.ts";
import { encodeInfo, encodeNodes } from "./graph_codec.ts";
import { writeFacts } from "./metadata.ts";
import type { Model } from "./model.ts";
import { rawOf } from "./tensor_codec.ts";
import { ONNX_TYPE_NUMBERS } from "./types.ts";
import { withUnknownFields } from "./unknown_fields.ts";
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  TensorProtoSchema,
} from "./wire/onnx_pb.ts";

/** Field numbers of the messages that are framed by hand, so that weights are not copied. */
const FIELD = { modelGraph: 7, graphInitializer: 5, dims: 1, dataType: 2, name: 8, rawData: 9 };

/** What a serialised graph needs beside its operators. */
export interface EncodeOptions {
  /** The model message it came from, for functions and fields that Graft does not know. */
  readonly source?: object | undefined;
  /** Facts for `metadata_props`. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Values whose type and shape are written down, since the runtime cannot infer them. */
  readonly declared?: readonly Value[];
  /**
   * Whether operators whose outputs no other reads come last, from the end of the graph to its start.
   * The runtime works its way from the last of them to the first: so gradients are computed when it
   * comes by, and what they are made of is freed. @default {false}
   */
  readonly gradientsFirst?: boolean;
}

/** A model as the bytes of an ONNX file, in pieces; weights are not copied. */
export function encodeModel(model: Model): Uint8Array[] {
  const metadata = writeFacts(model.metadata, model);
  return encodePieces(model.graph, { source: model.source, metadata });
}

/** A graph as the bytes of a model, in one array, for a session. */
export function encodeGraph(graph: Graph, options: EncodeOptions = {}): Uint8Array {
  const pieces = encodePieces(graph, options);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

function encodePieces(
  graph: Graph,
  { source, metadata, declared = [], gradientsFirst = false }: EncodeOptions,
): Uint8Array[] {
  const from = source as ModelProto | undefined;
  const opsets = new Map(graph.opsets);
  for (const node of graph.nodes) if (!opsets.has(node.domain)) opsets.set(node.domain, 1);
  const model = create(ModelProtoSchema, {
    ...(from && {
      domain: from.domain,
      modelVersion: from.modelVersion,
      docString: from.docString,
      trainingInfo: from.trainingInfo,
      functions: from.functions,
      configuration: from.configuration,
    }),
    irVersion: irVersion(from?.irVersion ?? 8n, opsets.get("") ?? 0),
    producerName: "graft",
    opsetImport: [...opsets].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps: [...metadata ?? []].map(([key, value]) => ({ key, value })),
  });
  const described = withUnknownFields(
    create(GraphProtoSchema, {
      ...(from?.graph?.quantizationAnnotation && {
        quantizationAnnotation: from.graph.quantizationAnnotation,
      }),
      docString: from?.graph?.docString ?? "",
      name: from?.graph?.name || "graph",
      node: encodeNodes(gradientsFirst ? leavesReversed(graph) : graph.sorted()),
      input: graph.inputs.map(encodeInfo),
      output: graph.outputs.map(encodeInfo),
      valueInfo: declared.map(encodeInfo),
    }),
    from?.graph,
  );
  const bare = toBinary(GraphProtoSchema, described);
  const weights = graph.constants().flatMap((value) => framed(value));
  const size = bare.byteLength + weights.reduce((sum, piece) => sum + piece.byteLength, 0);
  const start = new BinaryWriter().tag(FIELD.modelGraph, 2).uint32(size).finish();
  return [toBinary(ModelProtoSchema, withUnknownFields(model, from)), start, bare, ...weights];
}

/** A weight as a field of the graph: its description, then its bytes where they lie. */
function framed(value: Value): Uint8Array[] {
  const tensor = value.constant!;
  const raw = rawOf(tensor);
  const head = new BinaryWriter();
  for (const dim of tensor.dims) head.tag(FIELD.dims, 0).int64(dim);
  head.tag(FIELD.dataType, 0).int32(ONNX_TYPE_NUMBERS[tensor.type]);
  head.tag(FIELD.name, 2).string(value.name);
  head.tag(FIELD.rawData, 2).uint32(raw.byteLength);
  const unused = isMessage(value.source, TensorProtoSchema)
    ? toBinary(TensorProtoSchema, value.source)
    : new Uint8Array();
  const described = new Uint8Array([...unused, ...head.finish()]);
  const length = described.byteLength + raw.byteLength;
  const start = new BinaryWriter().tag(FIELD.graphInitializer, 2).uint32(length).finish();
  return [start, described, raw];
}

/** Files of IR version 3 and before list weights as inputs too, which Graft does not write. */
function irVersion(known: bigint, opset: number): bigint {
  const needed = opset > 21 ? 10n : opset > 20 ? 9n : opset > 14 ? 8n : 7n;
  return known < needed ? needed : known;
}

/** Nodes in order, those that nothing reads last and in reverse. */
function leavesReversed(graph: Graph): Node[] {
  const isLeaf = (node: Node) => node.outputs.every((value) => !value?.consumers.size);
  const sorted = graph.sorted();
  return [...sorted.filter((node) => !isLeaf(node)), ...sorted.filter(isLeaf).reverse()];
}
