import { int } from "../onnx/attribute.ts";
import { Graph } from "../onnx/graph.ts";
import { ONNX_TYPE_NUMBERS } from "../onnx/types.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Runtime } from "./runtime.ts";

const problems = new WeakMap<Runtime, Promise<string | undefined>>();

/** Why a device does not compute in float16, in the engine's words; `undefined` where it does. */
export function halfProblem(runtime: Runtime): Promise<string | undefined> {
  let problem = problems.get(runtime);
  if (!problem) problems.set(runtime, problem = tried(runtime));
  return problem;
}

async function tried(runtime: Runtime): Promise<string | undefined> {
  try {
    const session = await runtime.session(encodeGraph(doubled()));
    try {
      await session.run({ x: tensor("float32", [1], [1]) });
    } finally {
      await session.release();
    }
    return undefined;
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    return line.split("Status Message: ").at(-1)!.trim().replace(/\.$/, "");
  }
}

/** y = x + x in float16. */
function doubled(): Graph {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const cast = (value: ReturnType<Graph["addInput"]>, type: "float16" | "float32") => {
    const attributes = { to: int(ONNX_TYPE_NUMBERS[type]) };
    const { outputs } = graph.add("Cast", [value], { attributes });
    return Object.assign(outputs[0]!, { type, shape: [1] });
  };
  const half = cast(graph.addInput("x", "float32", [1]), "float16");
  const [sum] = graph.add("Add", [half, half]).outputs;
  graph.outputs.push(
    cast(Object.assign(sum!, { type: "float16" as const, shape: [1] }), "float32"),
  );
  return graph;
}
