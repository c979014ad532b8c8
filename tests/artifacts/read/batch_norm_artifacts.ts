import { join } from "@std/path";
import { writeCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { float, int } from "../../../src/onnx/attribute.ts";
import { Graph, type NodeOptions } from "../../../src/onnx/graph.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { hashed } from "../../autodiff/golden_numbers.ts";

const [BATCH, CHANNELS] = [4, 3];
const DATA = [BATCH, CHANNELS];
const PARAMETERS = ["scale", "bias", "mean", "variance"];
const TRAINED = ["scale", "bias"];

/** Data and targets of a batch. */
export function batchNormFeeds(): Record<string, Tensor> {
  const random = (name: string) => tensor("float32", DATA, hashed(name, BATCH * CHANNELS));
  return { x: random("x"), target: random("target") };
}

/**
 * Writes artifacts made by hand, as the official tool lays them out: one batch normalisation whose
 * running statistics are frozen parameters, and the mean of its product with the targets as loss.
 */
export async function writeBatchNormArtifacts(folder: string): Promise<void> {
  const write = (name: string, graph: Graph) =>
    Deno.writeFile(join(folder, name), encodeGraph(graph));
  await write("training_model.onnx", trainingGraph());
  await write("eval_model.onnx", evaluationGraph());
  const parameter = (name: string) => {
    const numbers = hashed(name, CHANNELS).map((number) => Math.abs(number) + 0.5);
    return [name, tensor("float32", [CHANNELS], numbers)] as const;
  };
  await writeCheckpoint(join(folder, "checkpoint"), {
    trainable: new Map(TRAINED.map(parameter)),
    frozen: new Map(PARAMETERS.slice(2).map(parameter)),
    optimizerGroups: [],
    properties: new Map(),
    nominal: false,
  });
}

function forwardGraph(): Graph {
  const graph = new Graph();
  graph.opsets.set("", 17);
  graph.addInput("x", "float32", DATA);
  graph.addInput("target", "float32", DATA);
  for (const name of PARAMETERS) graph.addInput(name, "float32", [CHANNELS]);
  return graph;
}

/** Adds a node that reads and writes values by name. */
function add(
  graph: Graph,
  opType: string,
  inputs: string,
  outputs: string,
  options: NodeOptions = {},
): void {
  const values = inputs.split(" ").map((name) => graph.value(name));
  graph.add(opType, values, { outputs: outputs.split(" "), ...options });
}

function addLoss(graph: Graph): void {
  add(graph, "Mul", "y target", "product");
  add(graph, "ReduceMean", "product", "loss", { attributes: { keepdims: int(0) } });
  Object.assign(graph.value("loss"), { type: "float32", shape: [] });
  graph.outputs.push(graph.value("loss"));
}

function evaluationGraph(): Graph {
  const graph = forwardGraph();
  add(graph, "BatchNormalization", "x scale bias mean variance", "y");
  addLoss(graph);
  return graph;
}

function trainingGraph(): Graph {
  const graph = forwardGraph();
  const domain = "com.microsoft";
  for (const name of TRAINED) {
    graph.addInput(`${name}_grad.accumulation.buffer`, "float32", [CHANNELS]);
  }
  graph.addInput("lazy_reset_grad", "bool", [1]);
  add(graph, "BatchNormInternal", "x scale bias mean variance", "y new_mean new_variance m inv", {
    domain,
    attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(1) },
  });
  addLoss(graph);
  graph.addConstant("share", tensor("float32", [], [1 / (BATCH * CHANNELS)]));
  add(graph, "Mul", "target share", "y_grad");
  add(graph, "BatchNormalizationGrad", "y_grad x scale m inv", "x_grad scale_grad bias_grad", {
    domain,
    attributes: { epsilon: float(1e-5) },
  });
  for (const name of TRAINED) {
    const inputs = `${name}_grad.accumulation.buffer ${name}_grad lazy_reset_grad`;
    const output = `${name}_grad.accumulation.out`;
    add(graph, "InPlaceAccumulatorV2", inputs, output, { domain });
    Object.assign(graph.value(output), { type: "bool", shape: [1] });
    graph.outputs.push(graph.value(output));
  }
  return graph;
}
