import type { Model } from "../src/onnx/model.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { constant, normal } from "./initializers.ts";
import { convUnit, invertedResidual } from "./inverted_residual.ts";
import { dropout, flatten, globalAveragePool, linear } from "./layers.ts";

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
    x = convUnit(net, x, { name: "features.0", channels: FIRST_CHANNELS, kernel: 3, stride: 2 });
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
    x = convUnit(net, x, { name: `features.${index}`, channels: LAST_CHANNELS, kernel: 1 });
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    x = dropout(net, x, { name: "classifier.0", ratio: 0.2 });
    const start = { weights: normal(0.01), biases: constant(0) };
    return linear(net, x, { name: "classifier.1", features: classes, ...start });
  });
}
