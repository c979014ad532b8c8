import type { DropoutMask } from "../onnx/passes/fold_dropout.ts";
import type { Rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Draws the mask of a dropout layer: which elements stay. */
export function drawMask(mask: DropoutMask, random: Rng): Tensor<"uint8"> {
  const size = sizeOf(mask.shape);
  const data = new Uint8Array(size);
  const limit = mask.ratio * 65536;
  // Two draws from the 32 bits of each number.
  for (let i = 0; i < size; i += 2) {
    const bits = random.bits();
    data[i] = (bits & 65535) >= limit ? 1 : 0;
    if (i + 1 < size) data[i + 1] = bits >>> 16 >= limit ? 1 : 0;
  }
  return tensor("uint8", mask.shape, data);
}
