import type { Value } from "../../onnx/graph.ts";
import { dimsOf } from "../builder.ts";
import { chosenRows } from "../index_tuples.ts";
import type { WriteOut } from "./written.ts";

/**
 * Slices combined with what lies at tuples of indices, as ScatterElements on rows: the engine's own
 * ScatterND loses some where a tuple stands more than once.
 */
export const scatterND: WriteOut = (g, node) => {
  const reduction = node.string("reduction", "none");
  if (reduction === "none") return undefined;
  const [data, indices, updates] = node.inputs as [Value, Value, Value];
  const shape = dimsOf(data);
  const { rows, size, count, places } = chosenRows(g, indices, shape);
  const inputs = [g.reshape(data, [rows, size]), places, g.reshape(updates, [count, size])];
  const made = g.op("ScatterElements", inputs, [rows, size], { axis: 0, reduction });
  return [g.reshape(made, shape)];
};
