import type { LossName } from "../../artifacts/loss.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * The loss of one row of a model's outputs, computed on the host for reports. Throws `TypeError` where
 * the targets have too few numbers or too many.
 */
export function rowLoss(loss: LossName, output: Tensor, row: number, targets: Tensor): number {
  const scores = output.data as Float32Array;
  const width = scores.length / output.dims[0]!;
  const isIndices = targets.type === "int64" && loss === "crossEntropy";
  // Pictures of classes, [N, classes, H, W], have a class in each of their places.
  const places = loss === "crossEntropy" ? sizeOf(output.dims.slice(2)) : 1;
  if (targets.data.length / targets.dims[0]! !== (isIndices ? places : width)) {
    throw new TypeError(
      `The loss "${loss}" cannot compare targets ${targets.type}[${targets.dims}] with the model's ` +
        `output [${output.dims}]`,
    );
  }
  if (loss !== "crossEntropy") return meanError(loss, scores, row * width, width, targets);
  let sum = 0;
  for (let place = 0; place < places; place++) {
    const start = row * width + place;
    const shift = logSumExp(scores, start, width / places, places);
    if (isIndices) {
      const label = Number(targets.data[row * places + place]);
      if (label >= width / places) {
        throw new RangeError(`A target is class ${label}; the model has ${width / places} classes`);
      }
      sum += shift - scores[start + label * places]!;
      continue;
    }
    for (let at = start; at < (row + 1) * width; at += places) {
      sum += Number(targets.data[at]) * (shift - scores[at]!);
    }
  }
  return sum / places;
}

function meanError(
  loss: "mse" | "binaryCrossEntropy",
  scores: ArrayLike<number>,
  start: number,
  width: number,
  targets: Tensor,
): number {
  let sum = 0;
  for (let at = start; at < start + width; at++) {
    const x = scores[at]!;
    const t = Number(targets.data[at]);
    if (loss === "mse") sum += (x - t) ** 2;
    else sum += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - t * x;
  }
  return sum / width;
}

/** ln Σ exp(x) over `count` numbers from `start` on, every `stride`th. */
export function logSumExp(
  values: ArrayLike<number>,
  start: number,
  count: number,
  stride = 1,
): number {
  let top = -Infinity;
  for (let i = 0; i < count; i++) top = Math.max(top, values[start + i * stride]!);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(values[start + i * stride]! - top);
  return top + Math.log(sum);
}
