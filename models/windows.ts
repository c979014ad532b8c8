import { int, ints } from "../src/onnx/attribute.ts";
import type { Value } from "../src/onnx/graph.ts";
import { type Initializer, kaimingUniform, uniformByFanIn } from "./initializers.ts";
import { batch, layer, type LayerOptions, type Network, size, weight } from "./network.ts";

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
