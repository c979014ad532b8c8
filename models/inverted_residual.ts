import type { Value } from "../src/onnx/graph.ts";
import { kaimingNormalByFanOut } from "./initializers.ts";
import { add, batchNorm, relu6 } from "./layers.ts";
import type { LayerOptions, Network } from "./network.ts";
import { conv2d } from "./windows.ts";

/** What `invertedResidual` is told beside its name. */
export interface InvertedResidualOptions extends LayerOptions {
  /** How much wider it is inside than its input. */
  readonly expansion: number;
  /** Channels it puts out. */
  readonly channels: number;
  /** Stride of the 3×3 filters. */
  readonly stride: number;
}

/**
 * Widen by 1×1, filter each channel by 3×3, narrow by 1×1 without an activation; with a way around it
 * where sizes stay (Sandler et al., 2018). Weights are called `name.conv.0.0.weight` and so on.
 */
export function invertedResidual(
  net: Network,
  x: Value,
  options: InvertedResidualOptions,
): Value {
  const { name, expansion, channels, stride } = options;
  const before = x.shape![1] as number;
  const wide = before * expansion;
  let at = 0;
  const next = () => `${name}.conv.${at++}`;
  let y = x;
  if (expansion > 1) y = convUnit(net, y, { name: next(), channels: wide, kernel: 1 });
  y = convUnit(net, y, { name: next(), channels: wide, kernel: 3, stride, groups: wide });
  y = convolved(net, y, { name: next(), channels, kernel: 1 });
  y = batchNorm(net, y, { name: next() });
  return stride === 1 && before === channels ? add(net, [x, y], { name: `${name}.add` }) : y;
}

/** What `convUnit` is told beside its name. */
export interface ConvUnitOptions extends LayerOptions {
  /** Channels it puts out. */
  readonly channels: number;
  /** Height and width of the kernel, in pixels; the padding keeps the size. */
  readonly kernel: number;
  /** Step between positions, in pixels. @default {1} */
  readonly stride?: number;
  /** Groups of channels that do not see each other. @default {1} */
  readonly groups?: number;
}

/** Convolution `name.0`, batch normalisation `name.1` and ReLU6. */
export function convUnit(
  net: Network,
  x: Value,
  { name, ...rest }: ConvUnitOptions,
): Value {
  const y = batchNorm(net, convolved(net, x, { name: `${name}.0`, ...rest }), {
    name: `${name}.1`,
  });
  return relu6(net, y, { name: `${name}.2` });
}

/** Convolution without bias, started as torchvision's. */
export function convolved(net: Network, x: Value, options: ConvUnitOptions): Value {
  const padding = (options.kernel - 1) / 2;
  return conv2d(net, x, { ...options, padding, bias: false, weights: kaimingNormalByFanOut });
}
