import { Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import { bufferOf, flagOf, RESET, updatedOf } from "../read/names.ts";
import type { TrainingGraph } from "../training_graph.ts";
import { finish, type InputOrder, runningUpdates } from "./official_training.ts";

/**
 * Brings a training graph into a form that any runtime can drive: what the official form writes over
 * its inputs are outputs here. The sum of gradients goes in as the buffer and comes out as
 * `<parameter>_grad.accumulation.out`, a running statistic as `<name>.updated`.
 */
export function toStockTraining(
  training: TrainingGraph,
  order: InputOrder,
  outputs: readonly string[],
): void {
  const { graph, gradients } = training;
  const g = new Builder(graph);
  const reset = graph.addInput(RESET, "bool", [1]);
  const sums: Value[] = [];
  for (const name of order.parameters) {
    const gradient = gradients.get(name);
    if (gradient === undefined) continue;
    const value = graph.value(gradient);
    const shape = dimsOf(graph.value(name));
    const buffer = graph.addInput(bufferOf(name), "float32", shape);
    const flag = shape.length === 0 ? g.reshape(reset, []) : reset;
    const sum = graph.add("Where", [flag, value, g.add(buffer, value)], {
      outputs: [flagOf(name)],
    }).outputs[0]!;
    sums.push(Object.assign(sum, { type: "float32", shape }));
  }
  for (const [name, value] of runningUpdates(g, training)) {
    const updated = graph.add("Identity", [value], { outputs: [updatedOf(name)] }).outputs[0]!;
    sums.push(Object.assign(updated, { type: "float32", shape: dimsOf(value) }));
  }
  finish(training, order, [outputs, sums]);
}

/** Writes products of ONNX Runtime's own operator as those that every runtime has. */
export function spreadProducts(graph: Graph): void {
  const g = new Builder(graph);
  for (const node of [...graph.nodes]) {
    if (node.opType !== "FusedMatMul" || node.domain !== "com.microsoft") continue;
    const batched = node.int("transBatchA", 0) + node.int("transBatchB", 0);
    if (batched > 0) continue;
    const [a, b] = node.inputs.map((value, at) =>
      node.int(at === 0 ? "transA" : "transB", 0) === 1 ? g.swapLast(value!) : value!
    ) as [Value, Value];
    const output = node.outputs[0]!;
    const product = g.scale(g.op("MatMul", [a, b], dimsOf(output)), node.float("alpha", 1));
    graph.replaceUses(output, product);
    graph.remove(node);
  }
}
