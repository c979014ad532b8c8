import { Graph } from "../../../src/onnx/graph.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { int64s, tensor } from "../../../src/tensor/tensor.ts";

/** What an engine says to the greatest root in a matrix of `size` rows and columns. */
export async function refusalOf(runtime: Runtime, size: number): Promise<unknown> {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "float32", [1]);
  const shape = graph.addInput("shape", "int64", [2]);
  const [wide] = graph.add("Expand", [x, shape], { outputs: ["wide"] }).outputs;
  const [root] = graph.add("Sqrt", [wide!], { outputs: ["root"] }).outputs;
  const [y] = graph.add("ReduceMax", [root!], { outputs: ["y"] }).outputs;
  graph.outputs.push(Object.assign(y!, { type: "float32", shape: [1, 1] }));
  const session = await runtime.session(encodeGraph(graph));
  const feeds = { x: tensor("float32", [1], [1]), shape: int64s([size, size]) };
  const error = await session.run(feeds).then(() => undefined, (error) => error);
  await session.release();
  return error;
}
