import { float, int, ints } from "../src/onnx/attribute.ts";
import { type Dim, Graph, type Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { modelFromGraph, type ModelOptions } from "../src/onnx/model_from_graph.ts";
import { tensor } from "../src/tensor/tensor.ts";
import { sizeOf } from "../src/tensor/shape.ts";
import { constant, type Initializer, kaimingUniform, uniformByFanIn } from "./initializers.ts";

/** A network under construction: its graph, and the seed its weights are drawn from. */
export interface Network {
  /** The graph that the layers are added to. */
  readonly graph: Graph;
  /** Seed of the initial weights; every weight has a stream of its own, by its name. */
  readonly seed: number;
}

/** What every layer may be told. */
export interface LayerOptions {
  /** Name of the node and of its output; weights are called `name.weight` and so on. */
  readonly name: string;
}

/** Height and width, where they differ. */
export type Pixels = number | readonly [height: number, width: number];

/** What `conv2d` is told beside its name. */
export interface Conv2dOptions extends LayerOptions {
  /** Channels it puts out. */
  readonly channels: number;
  /** Height and width of the kernel, in pixels. */
  readonly kernel: Pixels;
  /** Step between positions, in pixels. @default {1} */
  readonly stride?: number;
  /** Zeros added on every side, in pixels. @default {0} */
  readonly padding?: Pixels;
  /** Groups of channels that do not see each other. @default {1} */
  readonly groups?: number;
  /** Whether a bias is added. @default {true} */
  readonly bias?: boolean;
  /** How the kernel starts. @default {kaimingUniform} */
  readonly weights?: Initializer;
  /** How the bias starts. @default {uniformByFanIn} */
  readonly biases?: Initializer;
}

/** What `linear` is told beside its name. */
export interface LinearOptions extends LayerOptions {
  /** Numbers it puts out. */
  readonly features: number;
  /** How the matrix starts. @default {kaimingUniform} */
  readonly weights?: Initializer;
  /** How the bias starts. @default {uniformByFanIn} */
  readonly biases?: Initializer;
}

/** What `maxPool` and `averagePool` are told beside their names. */
export interface PoolOptions extends LayerOptions {
  /** Height and width of the window, in pixels. */
  readonly kernel: number;
  /** Step between windows, in pixels. @default {the window's size} */
  readonly stride?: number;
  /** Padding on every side, in pixels; zeros that an average counts. @default {0} */
  readonly padding?: number;
  /** Whether a window may reach past the last row and column. @default {false} */
  readonly ceil?: boolean;
}

/** An empty network in ONNX operator set 17. */
export function network(seed: number): Network {
  const graph = new Graph();
  graph.opsets.set("", 17);
  return { graph, seed };
}

/** A float32 input of `shape`; the batch is usually the free dimension `"batch"`. */
export function input(net: Network, name: string, shape: readonly Dim[]): Value {
  return net.graph.addInput(name, "float32", shape);
}

/** Makes `value` an output. */
export function output(net: Network, value: Value): void {
  net.graph.outputs.push(value);
}

/** The finished network. Nothing may be added to it afterwards. */
export function toModel(net: Network, options: ModelOptions): Model {
  return modelFromGraph(net.graph, options);
}

/** Convolution of `[N, C, H, W]` with `name.weight` `[channels, C/groups, kernel, kernel]` and `name.bias`. */
export function conv2d(net: Network, x: Value, options: Conv2dOptions): Value {
  const { name, channels, kernel, stride = 1, padding = 0, groups = 1 } = options;
  const [height, width] = both(kernel);
  const inputs = [
    x,
    weight(net, `${name}.weight`, {
      dims: [channels, size(x, 1) / groups, height, width],
      start: options.weights ?? kaimingUniform,
    }),
  ];
  if (options.bias ?? true) {
    const fanIn = size(x, 1) / groups * height * width;
    const start = options.biases ?? uniformByFanIn(fanIn);
    inputs.push(weight(net, `${name}.bias`, { dims: [channels], start }));
  }
  const pads = [...both(padding), ...both(padding)];
  const shape = [batch(x), channels, ...slide(x, { kernel, stride, padding })];
  const attributes = {
    dilations: ints([1, 1]),
    group: int(groups),
    kernel_shape: ints([height, width]),
    pads: ints(pads),
    strides: ints([stride, stride]),
  };
  return layer(net, "Conv", { name, inputs, shape, attributes });
}

/** x·Wᵀ + b of `[N, K]`, with W `name.weight` `[features, K]` and b `name.bias`, as PyTorch's `nn.Linear`. */
export function linear(net: Network, x: Value, options: LinearOptions): Value {
  const { name, features } = options;
  const fanIn = size(x, 1);
  const { weights = kaimingUniform, biases = uniformByFanIn(fanIn) } = options;
  const inputs = [
    x,
    weight(net, `${name}.weight`, { dims: [features, fanIn], start: weights }),
    weight(net, `${name}.bias`, { dims: [features], start: biases }),
  ];
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

/** The largest of every window of `[N, C, H, W]`. */
export function maxPool(net: Network, x: Value, options: PoolOptions): Value {
  return pool(net, "MaxPool", x, options);
}

/** The mean of every window of `[N, C, H, W]`. */
export function averagePool(net: Network, x: Value, options: PoolOptions): Value {
  return pool(net, "AveragePool", x, options);
}

function pool(net: Network, operator: string, x: Value, options: PoolOptions): Value {
  const { name, kernel, stride = kernel, padding = 0, ceil = false } = options;
  const shape = [batch(x), size(x, 1), ...slide(x, { kernel, stride, padding, ceil })];
  const attributes = {
    ...(ceil && { ceil_mode: int(1) }),
    ...(operator === "AveragePool" && padding > 0 && { count_include_pad: int(1) }),
    kernel_shape: ints([kernel, kernel]),
    pads: ints([padding, padding, padding, padding]),
    strides: ints([stride, stride]),
  };
  return layer(net, operator, { name, inputs: [x], shape, attributes });
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

interface Layer extends LayerOptions {
  readonly inputs: readonly Value[];
  readonly shape: readonly Dim[];
  readonly attributes?: NonNullable<Parameters<Graph["add"]>[2]>["attributes"];
}

function layer(net: Network, operator: string, { name, inputs, shape, attributes }: Layer): Value {
  const node = net.graph.add(operator, inputs, {
    name,
    outputs: [name],
    ...(attributes && { attributes }),
  });
  const value = node.outputs[0]!;
  value.type = "float32";
  value.shape = shape;
  return value;
}

function weight(
  net: Network,
  name: string,
  { dims, start }: { readonly dims: readonly number[]; readonly start: Initializer },
): Value {
  return net.graph.addConstant(name, start(dims, [net.seed, name]));
}

function batch(x: Value): Dim {
  return x.shape![0]!;
}

function size(x: Value, axis: number): number {
  const dim = x.shape?.[axis];
  if (typeof dim === "number") return dim;
  throw new TypeError(`Axis ${axis} of "${x.name}" must be a known size, found ${dim}`);
}

interface Sliding {
  readonly kernel: Pixels;
  readonly stride: number;
  readonly padding: Pixels;
  readonly ceil?: boolean;
}

/** How many positions a window has along each axis. */
function slide(x: Value, { kernel, stride, padding, ceil = false }: Sliding): number[] {
  const [window, pads] = [both(kernel), both(padding)];
  return [0, 1].map((axis) => {
    const steps = (size(x, axis + 2) + 2 * pads[axis]! - window[axis]!) / stride;
    const places = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would start in the padding after the last pixel is left out, as in PyTorch.
    const starts = ceil && (places - 1) * stride >= size(x, axis + 2) + pads[axis]!;
    if (steps >= 0) return starts ? places - 1 : places;
    throw new RangeError(
      `A ${window.join("×")} window does not fit into "${x.name}" of ${size(x, 2)}×${size(x, 3)}`,
    );
  });
}

function both(pixels: Pixels): readonly [number, number] {
  return typeof pixels === "number" ? [pixels, pixels] : pixels;
}
