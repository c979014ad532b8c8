import { freeBatch } from "../../onnx/free_batch.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import { inferenceForm } from "../../onnx/inference_form.ts";
import { readFacts } from "../../onnx/metadata.ts";
import type { Model } from "../../onnx/model.ts";
import { modelFromGraph } from "../../onnx/model_from_graph.ts";
import { readGraph } from "../../onnx/read_model.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";

/** Inputs that losses add by these names. */
const TARGET_NAMES: ReadonlySet<string> = new Set(["labels", "target"]);

/** The entry of an evaluation model's metadata that names the outputs of the network itself. */
const OUTPUTS = "InferenceGraphOutputs";

/**
 * The network inside an official `eval_model.onnx`, without its loss, and with the parameters of a
 * checkpoint, trainable ones marked. Throws `SyntaxError` where the two do not fit, and `RangeError`
 * for a nominal checkpoint and where it cannot be told which outputs are the network's.
 */
export async function readInferenceModel(
  bytes: Uint8Array,
  checkpoint: Checkpoint,
  name = "model",
): Promise<Model> {
  if (checkpoint.nominal) {
    throw new RangeError("The checkpoint is nominal: it has no values to give to the model");
  }
  const { graph, proto } = await readGraph(bytes, { file: "The evaluation model" });
  fillParameters(graph, checkpoint);
  const metadata = new Map(proto.metadataProps.map((entry) => [entry.key, entry.value]));
  const outputs = namedOutputs(graph, metadata.get(OUTPUTS)) ?? beforeTargets(graph);
  metadata.delete(OUTPUTS);
  graph.outputs.splice(0, Infinity, ...outputs);
  graph.prune();
  for (const input of [...graph.inputs]) {
    if (input.consumers.size === 0) graph.removeSource(input);
  }
  inferenceForm(graph);
  freeBatch(graph);
  const trainable = (parameter: string) => checkpoint.trainable.has(parameter);
  return modelFromGraph(graph, { name, metadata, ...readFacts(metadata), trainable });
}

/** Parameters are inputs there; they become constants. */
function fillParameters(graph: Graph, { trainable, frozen }: Checkpoint): void {
  const values = new Map<string, Tensor>([...trainable, ...frozen]);
  for (const input of [...graph.inputs]) {
    const value = values.get(input.name);
    if (!value) continue;
    const { shape, type } = input;
    const fits = type === value.type && (!shape || sameShape(shape as number[], value.dims));
    if (!fits) {
      throw new SyntaxError(
        `The checkpoint does not fit the model: "${input.name}" is ${value.type}[${value.dims}] ` +
          `there and ${type}[${shape}] here`,
      );
    }
    graph.inputs.splice(graph.inputs.indexOf(input), 1);
    input.constant = value;
  }
}

function namedOutputs(graph: Graph, text: string | undefined): Value[] | undefined {
  if (text === undefined) return undefined;
  const whole = graph.values.get(text);
  const found = whole ? [whole] : text.split(/[,;\s]+/).map((name) => graph.values.get(name));
  return found.every((value) => value !== undefined) ? found : undefined;
}

/** What the loss compares with the targets: values that do not depend on these, and meet what does. */
function beforeTargets(graph: Graph): Value[] {
  const dependent = new Set<Value>(graph.inputs.filter(({ name }) => TARGET_NAMES.has(name)));
  const met = new Set<Value>();
  for (const node of graph.sorted()) {
    const reads = node.reads();
    if (!reads.some((value) => dependent.has(value))) continue;
    for (const value of node.outputs) if (value) dependent.add(value);
    for (const value of reads) if (value.producer && !dependent.has(value)) met.add(value);
  }
  if (met.size > 0) return [...met];
  throw new RangeError(
    "It cannot be told which outputs of the evaluation model are the network's: nothing in it is " +
      `compared with an input called ${[...TARGET_NAMES].join(" or ")}`,
  );
}
