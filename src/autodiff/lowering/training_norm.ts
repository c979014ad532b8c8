import type { Node, Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { WriteOut } from "../written/written.ts";

/**
 * A batch normalisation by the batch's own statistics in elementwise operators and means, for devices
 * whose operator knows only running ones. Momentum must be 0, as training graphs have it: the
 * running outputs are the batch's mean and population variance.
 */
export const trainingNorm: WriteOut = (g: Builder, node: Node) => {
  if (node.int("training_mode", 0) !== 1 || node.float("momentum", 0.9) !== 0) return undefined;
  const [x, scale, bias] = node.inputs as [Value, Value, Value];
  const axes = dimsOf(x).map((_, axis) => axis).filter((axis) => axis !== 1);
  const broadcast = dimsOf(x).map((dim, axis) => axis === 1 ? dim : 1);
  const flat = dimsOf(scale);
  const mean = g.reduce("ReduceMean", x, axes, true);
  const centred = g.sub(x, mean);
  const variance = g.reduce("ReduceMean", g.mul(centred, centred), axes, true);
  const deviation = g.unary("Sqrt", g.shift(variance, node.float("epsilon", 1e-5)));
  const factor = g.div(g.reshape(scale, broadcast), deviation);
  const y = g.add(g.mul(centred, factor), g.reshape(bias, broadcast));
  return [y, g.reshape(mean, flat), g.reshape(variance, flat)];
};
