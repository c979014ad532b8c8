import type { Value } from "../src/onnx/graph.ts";
import type { Initializer } from "./initializers.ts";
import { batchNorm, relu } from "./layers.ts";
import type { Network } from "./network.ts";
import { conv2d, type Pixels } from "./windows.ts";

/** What `basicConv` is told. */
export interface BasicConvOptions {
  /** Weights are called `name.conv.weight`, `name.bn.weight` and so on. */
  readonly name: string;
  /** Channels it puts out. */
  readonly channels: number;
  /** Height and width of the kernel, in pixels. */
  readonly kernel: Pixels;
  /** Step between positions, in pixels. @default {1} */
  readonly stride?: number;
  /** Zeros added on every side, in pixels. @default {0} */
  readonly padding?: Pixels;
}

/** The layer that both Inceptions are made of: convolution, batch normalisation with ε = 1e-3, ReLU. */
export function basicConv(
  net: Network,
  x: Value,
  { name, ...options }: BasicConvOptions,
  weights: Initializer,
): Value {
  const y = conv2d(net, x, { ...options, name: `${name}.conv`, bias: false, weights });
  return relu(net, batchNorm(net, y, { name: `${name}.bn`, epsilon: 1e-3 }), { name });
}
