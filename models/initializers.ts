import { type Rng, rng } from "../src/tensor/rng.ts";
import { sizeOf } from "../src/tensor/shape.ts";
import { type Tensor, tensor } from "../src/tensor/tensor.ts";

/** Initial elements of a weight of shape `dims`, drawn from the stream that `path` names. */
export type Initializer = (
  dims: readonly number[],
  path: readonly (number | string)[],
) => Tensor<"float32">;

/**
 * PyTorch's default for convolutions and linear layers: uniform in ±1/√fan-in, which is He's
 * uniform initialisation with a negative slope of √5.
 */
export const kaimingUniform: Initializer = (dims, path) => {
  return uniformByFanIn(sizeOf(dims.slice(1)))(dims, path);
};

/** He's normal initialisation for ReLU by fan-out, standard deviation √(2/fan-out): torchvision's for ResNets. */
export const kaimingNormalByFanOut: Initializer = (dims, path) => {
  const deviation = Math.sqrt(2 / (dims[0]! * sizeOf(dims.slice(2))));
  return drawn(dims, path, (random) => random.normal() * deviation);
};

/** Uniform in ±1/√`fanIn`: PyTorch's default for a bias. */
export function uniformByFanIn(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (dims, path) => drawn(dims, path, (random) => (2 * random.uniform() - 1) * bound);
}

/** `value` everywhere. */
export function constant(value: number): Initializer {
  return (dims) => tensor("float32", dims, new Float32Array(sizeOf(dims)).fill(value));
}

function drawn(
  dims: readonly number[],
  path: readonly (number | string)[],
  draw: (random: Rng) => number,
): Tensor<"float32"> {
  const random = rng(...path);
  const data = new Float32Array(sizeOf(dims));
  for (let i = 0; i < data.length; i++) data[i] = draw(random);
  return tensor("float32", dims, data);
}
