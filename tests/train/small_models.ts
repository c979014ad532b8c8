import { Graph, type Value } from "../../src/onnx/graph.ts";
import { float, int } from "../../src/onnx/attribute.ts";
import type { Model } from "../../src/onnx/model.ts";
import { modelFromGraph } from "../../src/onnx/model_from_graph.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

/** y = x·I + p, `[4, 3]` unless said: the gradient by p is that by the output. */
export function shifted(
  [rows, columns]: readonly [rows: number, columns: number] = [4, 3],
  metadata: ReadonlyMap<string, string> = new Map(),
): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const one = Array.from({ length: columns ** 2 }, (_, i) => i % (columns + 1) === 0 ? 1 : 0);
  const inputs = [
    graph.addInput("x", "float32", [rows, columns]),
    graph.addConstant("w.weight", tensor("float32", [columns, columns], one)),
    graph.addConstant("p.weight", tensor("float32", [rows, columns])),
  ];
  const [y] = graph.add("Gemm", inputs, { outputs: ["y"] }).outputs;
  graph.outputs.push(y!);
  y!.type = "float32";
  y!.shape = [rows, columns];
  return modelFromGraph(graph, { name: "shifted", metadata });
}

/** y = x·W of `[N, 3]`, with W `w.weight` `[3, weights/3]`. */
export function multiplied(weights: Float32Array<ArrayBuffer>): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const columns = weights.length / 3;
  const inputs = [
    graph.addInput("x", "float32", ["N", 3]),
    graph.addConstant("w.weight", tensor("float32", [3, columns], weights)),
  ];
  const [y] = graph.add("MatMul", inputs, { outputs: ["y"] }).outputs;
  graph.outputs.push(y!);
  y!.type = "float32";
  y!.shape = ["N", columns];
  return modelFromGraph(graph, { name: "multiplied" });
}

/** One batch normalisation of `[N, 3, 2, 2]`, as PyTorch makes it. */
export function normalised(): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const inputs = [
    graph.addInput("x", "float32", ["N", 3, 2, 2]),
    ...["weight", "bias", "running_mean", "running_var"].map((name, index) =>
      graph.addConstant(name, tensor("float32", [3], new Array(3).fill(index % 3 === 0 ? 1 : 0)))
    ),
  ];
  const { outputs } = graph.add("BatchNormalization", inputs, {
    outputs: ["y"],
    attributes: { epsilon: float(1e-5), momentum: float(0.9) },
  });
  graph.outputs.push(outputs[0]!);
  outputs[0]!.type = "float32";
  outputs[0]!.shape = ["N", 3, 2, 2];
  return modelFromGraph(graph, { name: "normalised" });
}

/** y = tanh(x·W1ᵀ + b1)·W2ᵀ + b2 of `[N, 3]`, its weights a hash of their names, as torch.nn.Linear has them. */
export function tanhNetwork(): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const weight = (name: string, dims: readonly number[]) =>
    graph.addConstant(name, tensor("float32", dims, hashed(name, sizeOf(dims))));
  const linear = (x: Value, name: string, dims: readonly [number, number], output: string) =>
    graph.add("Gemm", [x, weight(`${name}.weight`, dims), weight(`${name}.bias`, [dims[0]])], {
      outputs: [output],
      attributes: { transB: int(1) },
    }).outputs[0]!;
  const hidden = linear(graph.addInput("x", "float32", ["N", 3]), "fc1", [4, 3], "hidden");
  const [active] = graph.add("Tanh", [hidden], { outputs: ["active"] }).outputs;
  const y = linear(active!, "fc2", [2, 4], "y");
  y.type = "float32";
  y.shape = ["N", 2];
  graph.outputs.push(y);
  return modelFromGraph(graph, { name: "tanh network" });
}
