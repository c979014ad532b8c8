import type { Model } from "../src/onnx/model.ts";
import type { Value } from "../src/onnx/graph.ts";
import { add, batchNorm, flatten, globalAveragePool, linear, relu } from "./layers.ts";
import type { Network } from "./network.ts";
import { conv2d, maxPool } from "./windows.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { kaimingNormalByFanOut } from "./initializers.ts";

interface Architecture {
  readonly name: string;
  readonly block: Block;
  /** Blocks in each of the four stages. */
  readonly depths: readonly number[];
}

interface BlockOptions {
  readonly name: string;
  readonly channels: number;
  readonly stride: number;
}

type Block = (net: Network, x: Value, options: BlockOptions) => Value;

/**
 * ResNet-18 (He et al., "Deep Residual Learning for Image Recognition", 2015) with random weights;
 * names and shapes of the weights are torchvision's. Input `x` `[batch, 3, sizePx, sizePx]`.
 */
export function resnet18(options: ImageNetworkOptions = {}): Model {
  return resnet({ name: "resnet18", block: basicBlock, depths: [2, 2, 2, 2] }, options);
}

/** ResNet-34 with random weights; see `resnet18`. */
export function resnet34(options: ImageNetworkOptions = {}): Model {
  return resnet({ name: "resnet34", block: basicBlock, depths: [3, 4, 6, 3] }, options);
}

/** ResNet-50 with random weights, its stride in the 3×3 convolutions as in torchvision; see `resnet18`. */
export function resnet50(options: ImageNetworkOptions = {}): Model {
  return resnet({ name: "resnet50", block: bottleneck, depths: [3, 4, 6, 3] }, options);
}

/** ResNet-101 with random weights; see `resnet50`. */
export function resnet101(options: ImageNetworkOptions = {}): Model {
  return resnet({ name: "resnet101", block: bottleneck, depths: [3, 4, 23, 3] }, options);
}

/** ResNet-152 with random weights; see `resnet50`. */
export function resnet152(options: ImageNetworkOptions = {}): Model {
  return resnet({ name: "resnet152", block: bottleneck, depths: [3, 8, 36, 3] }, options);
}

function resnet({ name, block, depths }: Architecture, options: ImageNetworkOptions): Model {
  return imageNetwork(name, options, (net, x, classes) => {
    x = normalised(net, x, { name: ["conv1", "bn1"], channels: 64, kernel: 7, stride: 2 });
    x = relu(net, x, { name: "relu" });
    x = maxPool(net, x, { name: "maxpool", kernel: 3, stride: 2, padding: 1 });
    depths.forEach((depth, stage) => {
      for (let index = 0; index < depth; index++) {
        x = block(net, x, {
          name: `layer${stage + 1}.${index}`,
          channels: 64 << stage,
          stride: stage > 0 && index === 0 ? 2 : 1,
        });
      }
    });
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    return linear(net, x, { name: "fc", features: classes });
  });
}

const basicBlock: Block = (net, x, { name, channels, stride }) => {
  let y = normalised(net, x, { name: pair(name, 1), channels, kernel: 3, stride });
  y = relu(net, y, { name: `${name}.relu1` });
  y = normalised(net, y, { name: pair(name, 2), channels, kernel: 3, stride: 1 });
  y = add(net, [y, shortcut(net, x, { name, channels, stride })], { name: `${name}.add` });
  return relu(net, y, { name });
};

const bottleneck: Block = (net, x, { name, channels, stride }) => {
  const wide = 4 * channels;
  let y = normalised(net, x, { name: pair(name, 1), channels, kernel: 1, stride: 1 });
  y = relu(net, y, { name: `${name}.relu1` });
  y = normalised(net, y, { name: pair(name, 2), channels, kernel: 3, stride });
  y = relu(net, y, { name: `${name}.relu2` });
  y = normalised(net, y, { name: pair(name, 3), channels: wide, kernel: 1, stride: 1 });
  y = add(net, [y, shortcut(net, x, { name, channels: wide, stride })], { name: `${name}.add` });
  return relu(net, y, { name });
};

/** The input itself, or a 1×1 convolution of it where the block changes its shape. */
function shortcut(net: Network, x: Value, { name, channels, stride }: BlockOptions): Value {
  if (stride === 1 && x.shape![1] === channels) return x;
  const names = [`${name}.downsample.0`, `${name}.downsample.1`] as const;
  return normalised(net, x, { name: names, channels, kernel: 1, stride });
}

function pair(name: string, index: number): readonly [string, string] {
  return [`${name}.conv${index}`, `${name}.bn${index}`];
}

interface NormalisedOptions {
  /** Names of the convolution and of the batch normalisation. */
  readonly name: readonly [string, string];
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
}

function normalised(net: Network, x: Value, options: NormalisedOptions): Value {
  const { name: [conv, bn], channels, kernel, stride } = options;
  const y = conv2d(net, x, {
    name: conv,
    channels,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
    bias: false,
    weights: kaimingNormalByFanOut,
  });
  return batchNorm(net, y, { name: bn });
}
