import { lowerTraining } from "../../../src/artifacts/read/lower_training.ts";
import { encode } from "../../../src/autodiff/values.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../../src/runtime/static_graph.ts";
import { int64s, type Tensor } from "../../../src/tensor/tensor.ts";
import type { OperatorCase, Step } from "./cases/case.ts";

/** The graph of a case, with its operators of training builds. */
export function graphOf({ feeds, steps, outputs, declared = {} }: OperatorCase): Graph {
  const graph = new Graph();
  graph.opsets.set("", 17);
  for (const [name, { type, dims }] of Object.entries(feeds)) graph.addInput(name, type, dims);
  for (const step of steps) addStep(graph, step);
  for (const name of outputs) graph.outputs.push(graph.value(name));
  for (const [name, shape] of Object.entries(declared)) {
    Object.assign(graph.value(name), { type: "float32", shape });
  }
  return graph;
}

function addStep(graph: Graph, [op, inputs, outputs, attributes = {}]: Step): void {
  const names = (text: string) => text.split(" ").map((name) => name === "-" ? "" : name);
  if (op === "constant") {
    const numbers = attributes.value as number[];
    graph.addConstant(outputs, int64s(numbers, attributes.scalar ? [] : [numbers.length]));
    return;
  }
  const [domain, opType] = op.startsWith("com.microsoft.")
    ? ["com.microsoft", op.slice("com.microsoft.".length)]
    : ["", op];
  const encoded = Object.entries(attributes).map(([name, value]) => [name, encode(value!)]);
  graph.add(opType, names(inputs).map((name) => name ? graph.value(name) : undefined), {
    domain,
    outputs: names(outputs),
    attributes: Object.fromEntries(encoded),
  });
}

/** The outputs of a case on the stock runtime. */
export async function lowered(one: OperatorCase): Promise<Tensor[]> {
  const graph = graphOf(one);
  await lowerTraining(graph, (part) => makeStatic(part, () => false));
  const read = new Set(graph.inputs.filter(({ consumers }) => consumers.size > 0));
  for (const input of [...graph.inputs]) if (!read.has(input)) graph.removeSource(input);
  const session = await cpu.session(encodeGraph(graph));
  const names = new Set(session.inputs);
  const feeds = Object.entries(one.feeds).filter(([name]) => names.has(name));
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return graph.outputs.map(({ name }) => results[name]!);
}
