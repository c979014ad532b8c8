import type { Model } from "../src/onnx/model.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { dropout, flatten, linear, relu } from "./layers.ts";
import { conv2d, maxPool } from "./windows.ts";

/** Places of the convolutions in torchvision's list of layers, their channels and windows. */
const CONVOLUTIONS = [
  { at: 0, channels: 64, kernel: 11, stride: 4, padding: 2, pooled: true },
  { at: 3, channels: 192, kernel: 5, padding: 2, pooled: true },
  { at: 6, channels: 384, kernel: 3, padding: 1, pooled: false },
  { at: 8, channels: 256, kernel: 3, padding: 1, pooled: false },
  { at: 10, channels: 256, kernel: 3, padding: 1, pooled: true },
];

/** What `alexnet` may be told. */
export interface AlexNetOptions extends ImageNetworkOptions {
  /** Numbers in each of the two layers before the last. @default {4096} */
  readonly hidden?: number;
}

/**
 * AlexNet in its form for one processor (Krizhevsky, "One weird trick for parallelizing convolutional
 * neural networks", 2014) with random weights; names and shapes of the weights are torchvision's.
 * Input `x` `[batch, 3, sizePx, sizePx]`, of a size that pools to 6×6: 224 does.
 */
export function alexnet(options: AlexNetOptions = {}): Model {
  const { hidden = 4096, sizePx = 224 } = options;
  return imageNetwork("alexnet", options, (net, x, classes) => {
    for (const { at, pooled, ...window } of CONVOLUTIONS) {
      x = relu(net, conv2d(net, x, { name: `features.${at}`, ...window }), {
        name: `features.${at + 1}`,
      });
      if (pooled) x = maxPool(net, x, { name: `features.${at + 2}`, kernel: 3, stride: 2 });
    }
    if (x.shape![2] !== 6) {
      throw new RangeError(
        `alexnet(): "sizePx" must pool to 6×6 places, as 224 does; ${sizePx} gives ${x.shape![2]}`,
      );
    }
    x = flatten(net, x, { name: "flatten" });
    for (const at of [0, 3]) {
      x = dropout(net, x, { name: `classifier.${at}`, ratio: 0.5 });
      x = linear(net, x, { name: `classifier.${at + 1}`, features: hidden });
      x = relu(net, x, { name: `classifier.${at + 2}` });
    }
    return linear(net, x, { name: "classifier.6", features: classes });
  });
}
