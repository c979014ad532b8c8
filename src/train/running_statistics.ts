import type { BatchStatistics } from "../artifacts/training_graph.ts";
import type { Model } from "../onnx/model.ts";
import type { Tensors } from "../runtime/runtime.ts";
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

/**
 * running ← momentum·running + (1 − momentum)·batch, the variance unbiased as in PyTorch. `share`
 * stands in for the momentum of every layer.
 */
export function moveRunning(
  running: RunningStatistics,
  statistics: readonly BatchStatistics[],
  results: Tensors,
  share?: number,
): void {
  for (const { running: names, batch, count, ...layer } of statistics) {
    const momentum = share ?? layer.momentum;
    names.forEach((name, which) => {
      const kept = running.get(name)!.data;
      const now = results[batch[which]!]!.data as Float32Array;
      const unbiased = which === 1 && count > 1 ? count / (count - 1) : 1;
      for (let c = 0; c < kept.length; c++) {
        kept[c] = momentum * kept[c]! + (1 - momentum) * now[c]! * unbiased;
      }
    });
  }
}
