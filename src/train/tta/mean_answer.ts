import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { logSumExp } from "../metrics/host_loss.ts";

/**
 * What outputs are: scores whose softmax, or whose sigmoid one by one, is a probability; or numbers of
 * which the mean can be taken as they are, such as probabilities.
 */
export type OutputKind = "softmax" | "sigmoid" | "numbers";

/** Below this a probability is taken for it, so that no score becomes infinite. */
const LEAST = 1e-30;

/**
 * The outputs `[N, C]` that stand for the mean, by `shares`, of the probabilities that several outputs
 * stand for: again scores, where those are.
 */
export function meanAnswer(
  outputs: readonly Tensor[],
  shares: readonly number[],
  kind: OutputKind,
): Tensor {
  const [first] = outputs;
  const { dims } = first!;
  const width = first!.data.length / dims[0]!;
  const sums = new Float64Array(first!.data.length);
  outputs.forEach(({ data }, at) => {
    const scores = data as Float32Array;
    for (let start = 0; start < sums.length; start += width) {
      const shift = kind === "softmax" ? logSumExp(scores, start, width) : 0;
      for (let i = start; i < start + width; i++) {
        sums[i]! += shares[at]! * probability(scores[i]!, kind, shift);
      }
    }
  });
  return tensor("float32", dims, Float32Array.from(sums, (mean) => scoreOf(mean, kind)));
}

function probability(score: number, kind: OutputKind, shift: number): number {
  if (kind === "numbers") return score;
  return kind === "softmax" ? Math.exp(score - shift) : 1 / (1 + Math.exp(-score));
}

function scoreOf(mean: number, kind: OutputKind): number {
  if (kind === "numbers") return mean;
  const logarithm = Math.log(Math.max(mean, LEAST));
  return kind === "softmax" ? logarithm : logarithm - Math.log(Math.max(1 - mean, LEAST));
}
