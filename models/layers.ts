import { float, int } from "../src/onnx/attribute.ts";
import type { Value } from "../src/onnx/graph.ts";
import { sizeOf } from "../src/tensor/shape.ts";
import { tensor } from "../src/tensor/tensor.ts";
import { constant, type Initializer, kaimingUniform, uniformByFanIn } from "./initializers.ts";
import { batch, layer, type LayerOptions, type Network, size, weight } from "./network.ts";

/** What `linear` is told beside its name. */
export interface LinearOptions extends LayerOptions {
  /** Numbers it puts out. */
  readonly features: number;
  /** Whether a bias is added. @default {true} */
  readonly bias?: boolean;
  /** How the matrix starts. @default {kaimingUniform} */
  readonly weights?: Initializer;
  /** How the bias starts. @default {uniformByFanIn} */
  readonly biases?: Initializer;
}

/** x·Wᵀ + b of `[N, K]`, with W `name.weight` `[features, K]` and b `name.bias`, as PyTorch's `nn.Linear`. */
export function linear(net: Network, x: Value, options: LinearOptions): Value {
  const { name, features } = options;
  const fanIn = size(x, 1);
  const { weights = kaimingUniform, biases = uniformByFanIn(fanIn) } = options;
  const inputs = [x, weight(net, `${name}.weight`, { dims: [features, fanIn], start: weights })];
  if (options.bias ?? true) {
    inputs.push(weight(net, `${name}.bias`, { dims: [features], start: biases }));
  }
  const shape = [batch(x), features];
  return layer(net, "Gemm", { name, inputs, shape, attributes: { transB: int(1) } });
}

/**
 * Batch normalisation over `[N, C, …]`; ONNX's momentum 0.9 is PyTorch's 0.1. `scale` is where
 * `name.weight` starts, `epsilon` is 1e-5 unless given.
 */
export function batchNorm(
  net: Network,
  x: Value,
  options: LayerOptions & { readonly scale?: number; readonly epsilon?: number },
): Value {
  const { name, scale = 1, epsilon = 1e-5 } = options;
  const dims = [size(x, 1)];
  const inputs = [
    x,
    weight(net, `${name}.weight`, { dims, start: constant(scale) }),
    weight(net, `${name}.bias`, { dims, start: constant(0) }),
    weight(net, `${name}.running_mean`, { dims, start: constant(0) }),
    weight(net, `${name}.running_var`, { dims, start: constant(1) }),
  ];
  const attributes = { epsilon: float(epsilon), momentum: float(0.9) };
  return layer(net, "BatchNormalization", { name, inputs, shape: x.shape!, attributes });
}

/** max(x, 0). */
export function relu(net: Network, x: Value, options: LayerOptions): Value {
  return layer(net, "Relu", { ...options, inputs: [x], shape: x.shape! });
}

/** min(max(x, 0), 6). */
export function relu6(net: Network, x: Value, options: LayerOptions): Value {
  const inputs = [
    x,
    net.graph.addConstant(`${options.name}.min`, tensor("float32", [], [0])),
    net.graph.addConstant(`${options.name}.max`, tensor("float32", [], [6])),
  ];
  return layer(net, "Clip", { ...options, inputs, shape: x.shape! });
}

/** The hyperbolic tangent. */
export function tanh(net: Network, x: Value, options: LayerOptions): Value {
  return layer(net, "Tanh", { ...options, inputs: [x], shape: x.shape! });
}

/** 1 / (1 + exp(−x)). */
export function sigmoid(net: Network, x: Value, options: LayerOptions): Value {
  return layer(net, "Sigmoid", { ...options, inputs: [x], shape: x.shape! });
}

/** x·sigmoid(x). */
export function silu(net: Network, x: Value, { name }: LayerOptions): Value {
  return multiply(net, [x, sigmoid(net, x, { name: `${name}.sigmoid` })], { name });
}

/** The product of two values, the second of the first's shape but for axes of size 1. */
export function multiply(
  net: Network,
  [a, b]: readonly [Value, Value],
  options: LayerOptions,
): Value {
  return layer(net, "Mul", { ...options, inputs: [a, b], shape: a.shape! });
}

/** The sum of two values of one shape. */
export function add(net: Network, [a, b]: readonly [Value, Value], options: LayerOptions): Value {
  return layer(net, "Add", { ...options, inputs: [a, b], shape: a.shape! });
}

/** Values side by side along the channels, `[N, C₁, …]`, `[N, C₂, …]`, … → `[N, C₁ + C₂ + …, …]`. */
export function concat(net: Network, parts: readonly Value[], options: LayerOptions): Value {
  const [first] = parts as [Value];
  const channels = parts.reduce((total, part) => total + size(part, 1), 0);
  const shape = [batch(first), channels, ...first.shape!.slice(2)];
  return layer(net, "Concat", { ...options, inputs: parts, shape, attributes: { axis: int(1) } });
}

/** The mean over all places, `[N, C, H, W]` → `[N, C, 1, 1]`. */
export function globalAveragePool(net: Network, x: Value, options: LayerOptions): Value {
  const shape = [batch(x), size(x, 1), 1, 1];
  return layer(net, "GlobalAveragePool", { ...options, inputs: [x], shape });
}

/** All axes but the batch in one, `[N, …]` → `[N, K]`. */
export function flatten(net: Network, x: Value, options: LayerOptions): Value {
  const shape = [batch(x), sizeOf(x.shape!.slice(1).map(Number))];
  return layer(net, "Flatten", { ...options, inputs: [x], shape, attributes: { axis: int(1) } });
}

/** While training, each element is 0 with probability `ratio` and the rest are scaled up; else the identity. */
export function dropout(
  net: Network,
  x: Value,
  options: LayerOptions & { readonly ratio: number },
): Value {
  const { name, ratio } = options;
  const inputs = [x, net.graph.addConstant(`${name}.ratio`, tensor("float32", [], [ratio]))];
  return layer(net, "Dropout", { name, inputs, shape: x.shape! });
}
