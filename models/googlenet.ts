import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { basicConv, type BasicConvOptions } from "./basic_conv.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";
import { normal } from "./initializers.ts";
import { concat, dropout, flatten, globalAveragePool, linear } from "./layers.ts";
import type { Network } from "./network.ts";
import { maxPool } from "./windows.ts";

/** Channels of an Inception module's branches: 1×1; 3×3 after fewer; the third after fewer; the pool's. */
type Widths = readonly [number, number, number, number, number, number];

/** Modules between the pools, as table 1 of the paper has them. */
const STAGES: readonly Readonly<Record<string, Widths>>[] = [
  { a: [64, 96, 128, 16, 32, 32], b: [128, 128, 192, 32, 96, 64] },
  {
    a: [192, 96, 208, 16, 48, 64],
    b: [160, 112, 224, 24, 64, 64],
    c: [128, 128, 256, 24, 64, 64],
    d: [112, 144, 288, 32, 64, 64],
    e: [256, 160, 320, 32, 128, 128],
  },
  { a: [256, 160, 320, 32, 128, 128], b: [384, 192, 384, 48, 128, 128] },
];
const weights = normal(0.01);

/**
 * GoogLeNet, the first Inception (Szegedy et al., "Going Deeper with Convolutions", 2014), with batch
 * normalisation and random weights, and without the two extra heads that only help it train from
 * nothing. Names and shapes of the weights are torchvision's, whose third branches are 3×3 where the
 * paper has 5×5. Input `x` `[batch, 3, sizePx, sizePx]`.
 */
export function googlenet(options: ImageNetworkOptions = {}): Model {
  return imageNetwork("googlenet", options, (net, x, classes) => {
    const pool = { kernel: 3, stride: 2, ceil: true };
    x = unit(net, x, { name: "conv1", channels: 64, kernel: 7, stride: 2, padding: 3 });
    x = maxPool(net, x, { name: "maxpool1", ...pool });
    x = unit(net, x, { name: "conv2", channels: 64, kernel: 1 });
    x = unit(net, x, { name: "conv3", channels: 192, kernel: 3, padding: 1 });
    x = maxPool(net, x, { name: "maxpool2", ...pool });
    STAGES.forEach((modules, index) => {
      if (index > 0) {
        x = maxPool(net, x, { name: `maxpool${index + 2}`, ...pool, kernel: index === 1 ? 3 : 2 });
      }
      for (const [letter, widths] of Object.entries(modules)) {
        x = inception(net, x, `inception${index + 3}${letter}`, widths);
      }
    });
    x = flatten(net, globalAveragePool(net, x, { name: "avgpool" }), { name: "flatten" });
    x = dropout(net, x, { name: "dropout", ratio: 0.2 });
    return linear(net, x, { name: "fc", features: classes, weights });
  });
}

function inception(net: Network, x: Value, name: string, widths: Widths): Value {
  const [one, lessThree, three, lessThird, third, pooled] = widths;
  const wide = (from: Value, at: string, channels: number) =>
    unit(net, from, { name: `${name}.${at}`, channels, kernel: 3, padding: 1 });
  const flat = (from: Value, at: string, channels: number) =>
    unit(net, from, { name: `${name}.${at}`, channels, kernel: 1 });
  const pool = { name: `${name}.branch4.0`, kernel: 3, stride: 1, padding: 1, ceil: true };
  return concat(net, [
    flat(x, "branch1", one),
    wide(flat(x, "branch2.0", lessThree), "branch2.1", three),
    wide(flat(x, "branch3.0", lessThird), "branch3.1", third),
    flat(maxPool(net, x, pool), "branch4.1", pooled),
  ], { name });
}

function unit(net: Network, x: Value, options: BasicConvOptions): Value {
  return basicConv(net, x, options, weights);
}
