import type { LossName } from "../../artifacts/loss.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** The loss of one row of a model's outputs `[N, K]`, computed on the host for reports. */
export function rowLoss(
  loss: LossName,
  output: ArrayLike<number>,
  row: number,
  width: number,
  targets: Tensor,
): number {
  const start = row * width;
  if (targets.type === "int64" && loss === "crossEntropy") {
    const label = Number(targets.data[row]);
    return logSumExp(output, start, width) - output[start + label]!;
  }
  const wanted = targets.data as Float32Array;
  let sum = 0;
  const shift = loss === "crossEntropy" ? logSumExp(output, start, width) : 0;
  for (let i = 0; i < width; i++) {
    const x = output[start + i]!;
    const t = Number(wanted[start + i]);
    if (loss === "mse") sum += (x - t) ** 2 / width;
    else if (loss === "crossEntropy") sum += t * (shift - x);
    else sum += (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - t * x) / width;
  }
  return sum;
}

/** ln Σ exp(x) over `count` numbers from `start` on. */
export function logSumExp(values: ArrayLike<number>, start: number, count: number): number {
  let top = -Infinity;
  for (let i = 0; i < count; i++) top = Math.max(top, values[start + i]!);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(values[start + i]! - top);
  return top + Math.log(sum);
}
