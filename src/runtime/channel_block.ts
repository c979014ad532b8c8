import { Graph } from "../onnx/graph.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Runtime } from "./runtime.ts";

/** More channels than any block has. */
const CHANNELS = 64;

/**
 * The block of the runtime's channel-blocked layout, which depends on the processor: found by
 * letting it reorder an image of two places whose elements are numbered. 1 where it refuses.
 */
export async function channelBlock(runtime: Runtime): Promise<number> {
  const graph = new Graph();
  const x = graph.addInput("x", "float32", [1, CHANNELS, 1, 2]);
  const { outputs } = graph.add("ReorderInput", [x], { domain: "com.microsoft.nchwc" });
  graph.outputs.push(outputs[0]!);
  graph.opsets.set("", 18);
  try {
    const session = await runtime.session(encodeGraph(graph));
    const numbers = Float32Array.from({ length: 2 * CHANNELS }, (_, index) => index);
    const results = await session.run({ x: tensor("float32", [1, CHANNELS, 1, 2], numbers) });
    await session.release();
    // The second place of the first channel comes after the first place of the whole block.
    const at = (results[outputs[0]!.name]!.data as Float32Array).indexOf(1);
    return at > 0 && CHANNELS % at === 0 ? at : 1;
  } catch {
    return 1;
  }
}
