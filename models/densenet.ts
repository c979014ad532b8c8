import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { constant, kaimingNormal } from "./initializers.ts";
import { batchNorm, concat, flatten, globalAveragePool, linear, relu } from "./layers.ts";
import type { Network } from "./network.ts";
import { averagePool, conv2d, type Conv2dOptions, maxPool } from "./windows.ts";

/** Channels that each layer adds. */
const GROWTH = 32;
/** Channels in the middle of a layer, in multiples of those it adds. */
const BOTTLENECK = 4;
/** Layers in each block of DenseNet-121. */
const DEPTHS = [6, 12, 24, 16];

/**
 * DenseNet-121 (Huang et al., "Densely Connected Convolutional Networks", 2016) with random weights;
 * names and shapes of the weights are torchvision's. Input `x` `[batch, 3, sizePx, sizePx]`.
 */
export function densenet121(options: ImageNetworkOptions = {}): Model {
  return imageNetwork("densenet121", options, (net, x, classes) => {
    x = convolved(net, x, {
      name: "features.conv0",
      channels: 2 * GROWTH,
      kernel: 7,
      stride: 2,
      padding: 3,
    });
    x = normalised(net, x, "features.norm0", "features.relu0");
    x = maxPool(net, x, { name: "features.pool0", kernel: 3, stride: 2, padding: 1 });
    DEPTHS.forEach((depth, index) => {
      const block = `features.denseblock${index + 1}`;
      for (let layer = 1; layer <= depth; layer++) {
        x = dense(net, x, `${block}.denselayer${layer}`);
      }
      if (index < DEPTHS.length - 1) x = transition(net, x, `features.transition${index + 1}`);
    });
    x = normalised(net, x, "features.norm5", "relu");
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    return linear(net, x, { name: "classifier", features: classes, biases: constant(0) });
  });
}

/** What came before, and what two convolutions make of it, side by side. */
function dense(net: Network, x: Value, name: string): Value {
  let y = normalised(net, x, `${name}.norm1`, `${name}.relu1`);
  y = convolved(net, y, { name: `${name}.conv1`, channels: BOTTLENECK * GROWTH, kernel: 1 });
  y = normalised(net, y, `${name}.norm2`, `${name}.relu2`);
  y = convolved(net, y, { name: `${name}.conv2`, channels: GROWTH, kernel: 3, padding: 1 });
  return concat(net, [x, y], { name });
}

/** Half the channels, half the height and width. */
function transition(net: Network, x: Value, name: string): Value {
  const channels = (x.shape![1] as number) / 2;
  const y = normalised(net, x, `${name}.norm`, `${name}.relu`);
  const z = convolved(net, y, { name: `${name}.conv`, channels, kernel: 1 });
  return averagePool(net, z, { name: `${name}.pool`, kernel: 2 });
}

function normalised(net: Network, x: Value, norm: string, activation: string): Value {
  return relu(net, batchNorm(net, x, { name: norm }), { name: activation });
}

function convolved(net: Network, x: Value, options: Conv2dOptions): Value {
  return conv2d(net, x, { ...options, bias: false, weights: kaimingNormal });
}
