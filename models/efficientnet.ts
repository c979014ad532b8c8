import type { Model } from "../src/onnx/model.ts";
import type { Value } from "../src/onnx/graph.ts";
import { imagenetPreprocessing } from "../src/data/preprocessing.ts";
import { constant, kaimingNormalByFanOut, uniform } from "./initializers.ts";
import {
  add,
  batchNorm,
  dropout,
  flatten,
  globalAveragePool,
  linear,
  multiply,
  sigmoid,
  silu,
} from "./layers.ts";
import type { Network } from "./network.ts";
import { conv2d } from "./windows.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";

/** A run of blocks, as the paper's table 1 lists them. */
interface Stage {
  /** How much wider a block is inside than its input. */
  readonly expansion: number;
  readonly kernel: number;
  /** Stride of the first block. */
  readonly stride: number;
  readonly channels: number;
  readonly blocks: number;
}

const STAGES: readonly Stage[] = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, blocks: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, blocks: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, blocks: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, blocks: 3 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, blocks: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, blocks: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, blocks: 1 },
];
const FIRST_CHANNELS = 32;
const LAST_CHANNELS = 1280;

/**
 * EfficientNet-B0 (Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
 * Networks", 2019) with random weights; names and shapes of the weights are torchvision's. It has
 * no stochastic depth. Input `x` `[batch, 3, sizePx, sizePx]`.
 */
export function efficientnetB0(options: ImageNetworkOptions = {}): Model {
  const { sizePx = 224 } = options;
  const model = imageNetwork("efficientnet_b0", options, (net, x, classes) => {
    x = unit(net, x, { name: "features.0", channels: FIRST_CHANNELS, kernel: 3, stride: 2 });
    STAGES.forEach(({ blocks, stride, ...rest }, stage) => {
      for (let block = 0; block < blocks; block++) {
        const name = `features.${stage + 1}.${block}`;
        x = mbConv(net, x, { ...rest, name, stride: block === 0 ? stride : 1 });
      }
    });
    x = unit(net, x, { name: "features.8", channels: LAST_CHANNELS, kernel: 1 });
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    x = dropout(net, x, { name: "classifier.0", ratio: 0.2 });
    const start = { weights: uniform(1 / Math.sqrt(classes)), biases: constant(0) };
    return linear(net, x, { name: "classifier.1", features: classes, ...start });
  });
  const size = { heightPx: sizePx, widthPx: sizePx };
  return { ...model, preprocessing: imagenetPreprocessing({ ...size, interpolation: "bicubic" }) };
}

interface BlockOptions {
  readonly name: string;
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  readonly channels: number;
}

/** Widen by 1×1, filter each channel, weigh the channels, narrow by 1×1 without an activation. */
function mbConv(net: Network, x: Value, options: BlockOptions): Value {
  const { name, expansion, kernel, stride, channels } = options;
  const before = x.shape![1] as number;
  const wide = before * expansion;
  let at = 0;
  const next = () => `${name}.block.${at++}`;
  let y = x;
  if (expansion > 1) y = unit(net, y, { name: next(), channels: wide, kernel: 1 });
  y = unit(net, y, { name: next(), channels: wide, kernel, stride, groups: wide });
  y = squeezeExcitation(net, y, { name: next(), squeezed: Math.max(1, Math.floor(before / 4)) });
  y = normalised(net, y, { name: next(), channels, kernel: 1 });
  return stride === 1 && before === channels ? add(net, [x, y], { name: `${name}.add` }) : y;
}

/** Each channel times a number from 0 to 1 that two layers make of all channels' means. */
function squeezeExcitation(
  net: Network,
  x: Value,
  { name, squeezed }: { readonly name: string; readonly squeezed: number },
): Value {
  const fullyConnected = (y: Value, layer: string, channels: number) =>
    conv2d(net, y, { name: `${name}.${layer}`, channels, kernel: 1, ...START });
  let y = globalAveragePool(net, x, { name: `${name}.avgpool` });
  y = silu(net, fullyConnected(y, "fc1", squeezed), { name: `${name}.activation` });
  y = fullyConnected(y, "fc2", x.shape![1] as number);
  y = sigmoid(net, y, { name: `${name}.scale_activation` });
  return multiply(net, [x, y], { name: `${name}.scale` });
}

const START = { weights: kaimingNormalByFanOut, biases: constant(0) };

interface UnitOptions {
  readonly name: string;
  readonly channels: number;
  readonly kernel: number;
  /** @default {1} */
  readonly stride?: number;
  /** @default {1} */
  readonly groups?: number;
}

/** Convolution `name.0`, batch normalisation `name.1` and SiLU. */
function unit(net: Network, x: Value, options: UnitOptions): Value {
  return silu(net, normalised(net, x, options), { name: `${options.name}.2` });
}

function normalised(net: Network, x: Value, { name, ...rest }: UnitOptions): Value {
  const padding = (rest.kernel - 1) / 2;
  const y = conv2d(net, x, { ...rest, name: `${name}.0`, padding, bias: false, ...START });
  return batchNorm(net, y, { name: `${name}.1` });
}
