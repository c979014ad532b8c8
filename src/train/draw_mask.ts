import type { DropoutMask } from "../onnx/passes/fold_dropout.ts";
import type { Rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Draws the mask of a dropout layer: which elements stay. */
export function drawMask(mask: DropoutMask, random: Rng): Tensor<"uint8"> {
  const data = new Uint8Array(sizeOf(mask.shape));
  // Two draws from the 32 bits of each number, the lower ones first.
  const numbers = new Uint32Array(Math.ceil(data.length / 2));
  random.fill(numbers);
  const draws = new Uint16Array(numbers.buffer);
  const limit = Math.ceil(mask.ratio * 65536);
  for (let i = 0; i < data.length; i++) data[i] = draws[i]! >= limit ? 1 : 0;
  return tensor("uint8", mask.shape, data);
}
