import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { constant, kaimingUniformRelu, normal } from "./initializers.ts";
import { concat, dropout, flatten, globalAveragePool, relu } from "./layers.ts";
import type { Network } from "./network.ts";
import { conv2d, type Conv2dOptions, maxPool } from "./windows.ts";

/** A fire module's narrow and wide channels, or a pool. */
type Step = readonly [squeezed: number, expanded: number] | "pool";

/** After the first convolution, as torchvision numbers them from 2 on. */
const SQUEEZENET_1_0: readonly Step[] = [
  ...["pool", [16, 64], [16, 64], [32, 128], "pool", [32, 128]] as const,
  ...[[48, 192], [48, 192], [64, 256], "pool", [64, 256]] as const,
];
const SQUEEZENET_1_1: readonly Step[] = [
  ...["pool", [16, 64], [16, 64], "pool", [32, 128], [32, 128]] as const,
  ...["pool", [48, 192], [48, 192], [64, 256], [64, 256]] as const,
];
const START = { weights: kaimingUniformRelu, biases: constant(0) };

/**
 * SqueezeNet 1.0 (Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
 * <0.5MB model size", 2016) with random weights; names and shapes of the weights are torchvision's.
 * Input `x` `[batch, 3, sizePx, sizePx]`.
 */
export function squeezenet1_0(options: ImageNetworkOptions = {}): Model {
  return squeezenet("squeezenet1_0", { channels: 96, kernel: 7, steps: SQUEEZENET_1_0 }, options);
}

/** SqueezeNet 1.1, the same accuracy in less than half the time; see `squeezenet1_0`. */
export function squeezenet1_1(options: ImageNetworkOptions = {}): Model {
  return squeezenet("squeezenet1_1", { channels: 64, kernel: 3, steps: SQUEEZENET_1_1 }, options);
}

interface Architecture {
  /** Channels and window of the first convolution. */
  readonly channels: number;
  readonly kernel: number;
  readonly steps: readonly Step[];
}

function squeezenet(
  name: string,
  { channels, kernel, steps }: Architecture,
  options: ImageNetworkOptions,
): Model {
  return imageNetwork(name, options, (net, x, classes) => {
    x = activated(net, x, { name: "features.0", channels, kernel, stride: 2 });
    steps.forEach((step, index) => {
      const at = `features.${index + 2}`;
      x = step === "pool"
        ? maxPool(net, x, { name: at, kernel: 3, stride: 2, ceil: true })
        : fire(net, x, at, step);
    });
    x = dropout(net, x, { name: "classifier.0", ratio: 0.5 });
    const start = { weights: normal(0.01), biases: constant(0) };
    x = conv2d(net, x, { name: "classifier.1", channels: classes, kernel: 1, ...start });
    x = relu(net, x, { name: "classifier.2" });
    return flatten(net, globalAveragePool(net, x, { name: "classifier.3" }), { name: "flatten" });
  });
}

/** Narrow by 1×1, then widen by 1×1 and 3×3 side by side. */
function fire(net: Network, x: Value, name: string, [squeezed, expanded]: Step & object): Value {
  const narrow = activated(net, x, { name: `${name}.squeeze`, channels: squeezed, kernel: 1 });
  return concat(net, [
    activated(net, narrow, { name: `${name}.expand1x1`, channels: expanded, kernel: 1 }),
    activated(net, narrow, {
      name: `${name}.expand3x3`,
      channels: expanded,
      kernel: 3,
      padding: 1,
    }),
  ], { name });
}

function activated(net: Network, x: Value, options: Conv2dOptions): Value {
  const y = conv2d(net, x, { ...options, ...START });
  return relu(net, y, { name: `${options.name}_activation` });
}
