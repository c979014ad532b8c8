import type { Value } from "../../onnx/graph.ts";
import { dimsOf } from "../builder.ts";
import type { WriteOut } from "./written.ts";

/** A sum, divided by its root mean square and scaled; the sum itself is the last output. */
export const skipRms: WriteOut = (g, node) => {
  const [input, skip, gamma, bias] = node.inputs as [Value, Value, Value, Value?];
  const pair = g.add(input, skip);
  const sum = bias ? g.add(pair, bias) : pair;
  const attributes = { axis: -1, epsilon: { float: node.float("epsilon", 1e-12) } };
  const y = g.op("SimplifiedLayerNormalization", [sum, gamma], dimsOf(sum), attributes);
  return [y, undefined, undefined, sum];
};
