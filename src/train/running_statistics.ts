import type { Model } from "../onnx/model.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Running statistics by name; a program updates them as it trains. */
export type RunningStatistics = Map<string, Tensor<"float32">>;

/** Copies of the running statistics that a program updates. */
export function runningStatistics(model: Model, names: readonly string[]): RunningStatistics {
  return new Map(names.map((name) => {
    const { dims, data } = model.graph.value(name).constant!;
    return [name, tensor("float32", dims, Float32Array.from(data as Float32Array))];
  }));
}
