import type { Model } from "../src/onnx/model.ts";
import type { Value } from "../src/onnx/graph.ts";
import { constant, kaimingNormalByFanOut, normal } from "./initializers.ts";
import { add, batchNorm, dropout, flatten, globalAveragePool, linear, relu6 } from "./layers.ts";
import type { Network } from "./network.ts";
import { conv2d } from "./windows.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";

/** A run of blocks, as the paper's table 2 lists them. */
interface Stage {
  /** How much wider a block is inside than its input. */
  readonly expansion: number;
  readonly channels: number;
  readonly blocks: number;
  /** Stride of the first block. */
  readonly stride: number;
}

const STAGES: readonly Stage[] = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
];
const FIRST_CHANNELS = 32;
const LAST_CHANNELS = 1280;

/**
 * MobileNetV2 (Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018) with
 * random weights; names and shapes of the weights are torchvision's. Input `x`
 * `[batch, 3, sizePx, sizePx]`.
 */
export function mobilenetV2(options: ImageNetworkOptions = {}): Model {
  return imageNetwork("mobilenet_v2", options, (net, x, classes) => {
    x = unit(net, x, { name: "features.0", channels: FIRST_CHANNELS, kernel: 3, stride: 2 });
    let index = 1;
    for (const { expansion, channels, blocks, stride } of STAGES) {
      for (let block = 0; block < blocks; block++) {
        x = invertedResidual(net, x, {
          name: `features.${index++}`,
          expansion,
          channels,
          stride: block === 0 ? stride : 1,
        });
      }
    }
    x = unit(net, x, { name: `features.${index}`, channels: LAST_CHANNELS, kernel: 1 });
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    x = dropout(net, x, { name: "classifier.0", ratio: 0.2 });
    const start = { weights: normal(0.01), biases: constant(0) };
    return linear(net, x, { name: "classifier.1", features: classes, ...start });
  });
}

interface BlockOptions {
  readonly name: string;
  readonly expansion: number;
  readonly channels: number;
  readonly stride: number;
}

/** Widen by 1×1, filter each channel by 3×3, narrow by 1×1 without an activation. */
function invertedResidual(net: Network, x: Value, options: BlockOptions): Value {
  const { name, expansion, channels, stride } = options;
  const before = x.shape![1] as number;
  const wide = before * expansion;
  let at = 0;
  const next = () => `${name}.conv.${at++}`;
  let y = x;
  if (expansion > 1) y = unit(net, y, { name: next(), channels: wide, kernel: 1 });
  y = unit(net, y, { name: next(), channels: wide, kernel: 3, stride, groups: wide });
  y = convolved(net, y, { name: next(), channels, kernel: 1 });
  y = batchNorm(net, y, { name: next() });
  return stride === 1 && before === channels ? add(net, [x, y], { name: `${name}.add` }) : y;
}

interface UnitOptions {
  readonly name: string;
  readonly channels: number;
  readonly kernel: number;
  /** @default {1} */
  readonly stride?: number;
  /** @default {1} */
  readonly groups?: number;
}

/** Convolution `name.0`, batch normalisation `name.1` and ReLU6. */
function unit(net: Network, x: Value, { name, ...rest }: UnitOptions): Value {
  const y = batchNorm(net, convolved(net, x, { name: `${name}.0`, ...rest }), {
    name: `${name}.1`,
  });
  return relu6(net, y, { name: `${name}.2` });
}

function convolved(net: Network, x: Value, options: UnitOptions): Value {
  const padding = (options.kernel - 1) / 2;
  return conv2d(net, x, { ...options, padding, bias: false, weights: kaimingNormalByFanOut });
}
