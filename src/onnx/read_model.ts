import { fromBinary } from "@bufbuild/protobuf";
import { dequantiseWeights } from "./dequantise.ts";
import { readExternalFiles } from "./external_files.ts";
import { freeBatch } from "./free_batch.ts";
import type { Graph } from "./graph.ts";
import { decodeGraph } from "./graph_codec.ts";
import { inferenceForm } from "./inference_form.ts";
import { PROBABILITIES, readFacts } from "./metadata.ts";
import type { Model } from "./model.ts";
import { modelFromGraph } from "./model_from_graph.ts";
import { separateMergedWeights } from "./merged_weights.ts";
import { singlePrecision } from "./single_precision.ts";
import { hoistWeights } from "./subgraph_weights.ts";
import { type ModelProto, ModelProtoSchema } from "./wire/onnx_pb.ts";

/** Where a model's bytes come from. */
export interface ReadModelOptions {
  /** What to call the model. @default {"model"} */
  readonly name?: string;
  /** The file, for messages. */
  readonly file?: string;
  /** The folder in which weights outside the file may lie. */
  readonly directory?: string;
}

/**
 * Reads an ONNX file, operator sets 7 and later. Weights are views of `bytes` where they lie aligned.
 * Throws `SyntaxError` where the bytes are not a model, cut short or contradict themselves.
 */
export async function readModel(bytes: Uint8Array, options: ReadModelOptions = {}): Promise<Model> {
  const { graph, proto } = await readGraph(bytes, options);
  const metadata = new Map(proto.metadataProps.map((entry) => [entry.key, entry.value]));
  hoistWeights(graph);
  singlePrecision(graph);
  dequantiseWeights(graph);
  inferenceForm(graph);
  separateMergedWeights(graph);
  freeBatch(graph);
  dropProbabilities(graph, metadata);
  return modelFromGraph(graph, {
    name: options.name ?? "model",
    metadata,
    ...readFacts(metadata),
    source: withoutGraph(proto),
  });
}

/** The graph of an ONNX file as it is written there. Throws as `readModel`. */
export async function readGraph(
  bytes: Uint8Array,
  options: ReadModelOptions = {},
): Promise<{ readonly graph: Graph; readonly proto: ModelProto }> {
  const file = options.file ?? "The model";
  const proto = parsed(bytes, file);
  const opset = proto.opsetImport.find((one) => one.domain === "" || one.domain === "ai.onnx");
  if (opset && opset.version < 7n) {
    throw new SyntaxError(
      `${file} uses operator set ${opset.version}; Graft reads sets 7 and later. ` +
        "Export the model again with a newer one",
    );
  }
  if (!opset && proto.graph!.node.some((one) => one.domain === "" || one.domain === "ai.onnx")) {
    throw new SyntaxError(`${file} does not say its operator set, or it is cut short`);
  }
  const external = await readExternalFiles(proto.graph!, options.directory, file);
  let graph: Graph;
  try {
    graph = decodeGraph(proto.graph!, external);
    graph.sorted();
  } catch (error) {
    throw new SyntaxError(`${file} is damaged: ${(error as Error).message}`, { cause: error });
  }
  for (const { domain, version } of proto.opsetImport) {
    graph.opsets.set(domain === "ai.onnx" ? "" : domain, Number(version));
  }
  return { graph, proto };
}

function parsed(bytes: Uint8Array, file: string): ModelProto {
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new SyntaxError(
      `${file} is not an ONNX model, or it is cut short (${bytes.byteLength} bytes)`,
      { cause: error },
    );
  }
  if (!proto.graph || proto.graph.node.length === 0) {
    throw new SyntaxError(`${file} is not an ONNX model: it holds no graph of operators`);
  }
  if (proto.graph.output.length === 0) throw new SyntaxError(`${file} has no outputs`);
  return proto;
}

/** The output that `saveModel` added goes again, so that a saved model comes back as it was. */
function dropProbabilities(graph: Graph, metadata: Map<string, string>): void {
  const name = metadata.get(PROBABILITIES);
  metadata.delete(PROBABILITIES);
  const value = name === undefined ? undefined : graph.values.get(name);
  const position = value ? graph.outputs.indexOf(value) : -1;
  if (position <= 0 || !["Softmax", "Sigmoid"].includes(value!.producer?.opType ?? "")) return;
  graph.outputs.splice(position, 1);
  graph.remove(value!.producer!);
}

/** The message without what the graph holds now. */
function withoutGraph(proto: ModelProto): ModelProto {
  const { graph } = proto;
  return {
    ...proto,
    graph: { ...graph!, node: [], initializer: [], input: [], output: [], valueInfo: [] },
  };
}
