import type { DropoutMask } from "../onnx/passes/fold_dropout.ts";
import type { Rng } from "../tensor/rng.ts";
import { sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { BatchMemory } from "./batch_memory.ts";

/** Draws the mask of a dropout layer, which elements stay, in `memory`, where the next takes its place. */
export function drawMask(
  { input: { name }, shape, ratio }: DropoutMask,
  random: Rng,
  memory: BatchMemory = new BatchMemory(),
): Tensor<"uint8"> {
  const data = memory.take(name, "uint8", sizeOf(shape));
  // Two draws from the 32 bits of each number, the lower ones first.
  const numbers = memory.take(`numbers of ${name}`, "uint32", Math.ceil(data.length / 2));
  random.fill(numbers);
  const draws = new Uint16Array(numbers.buffer);
  const limit = Math.ceil(ratio * 65536);
  // Without a branch, which no processor could foretell: the sign of the difference is -1 below the limit.
  for (let i = 0; i < data.length; i++) data[i] = 1 + (draws[i]! - limit >> 31);
  return tensor("uint8", shape, data);
}
