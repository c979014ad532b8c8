import { rng } from "../src/tensor/rng.ts";
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
  return normal(deviation)(dims, path);
};

/** Uniform in ±1/√`fanIn`: PyTorch's default for a bias. */
export function uniformByFanIn(fanIn: number): Initializer {
  return uniform(1 / Math.sqrt(fanIn));
}

/** Uniform in ±`bound`. */
export function uniform(bound: number): Initializer {
  return (dims, path) => {
    const random = rng(...path);
    const data = new Float32Array(sizeOf(dims));
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * bound;
    return tensor("float32", dims, data);
  };
}

/**
 * Normal with mean 0 and a standard deviation of `deviation`, by Marsaglia's polar method: two
 * numbers from each point of the unit disc, quick enough for the 120 million of a VGG's matrices.
 */
export function normal(deviation: number): Initializer {
  return (dims, path) => {
    const random = rng(...path);
    const data = new Float32Array(sizeOf(dims));
    for (let i = 0; i < data.length;) {
      const x = 2 * random.uniform() - 1;
      const y = 2 * random.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = deviation * Math.sqrt(-2 * Math.log(square) / square);
      data[i++] = x * scale;
      if (i < data.length) data[i++] = y * scale;
    }
    return tensor("float32", dims, data);
  };
}

/** He's normal initialisation for ReLU by fan-in, standard deviation √(2/fan-in). */
export const kaimingNormal: Initializer = (dims, path) =>
  normal(Math.sqrt(2 / sizeOf(dims.slice(1))))(dims, path);

/** He's uniform initialisation for ReLU by fan-in: uniform in ±√(6/fan-in). */
export const kaimingUniformRelu: Initializer = (dims, path) =>
  uniform(Math.sqrt(6 / sizeOf(dims.slice(1))))(dims, path);

/** Glorot's uniform initialisation of a matrix `[outputs, inputs]`: uniform in ±√(6/(fan-in + fan-out)). */
export const xavierUniform: Initializer = (dims, path) =>
  uniform(Math.sqrt(6 / (dims[0]! + dims[1]!)))(dims, path);

/** `value` everywhere. */
export function constant(value: number): Initializer {
  return (dims) => tensor("float32", dims, new Float32Array(sizeOf(dims)).fill(value));
}
