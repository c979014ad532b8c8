import type { Model, Preprocessing } from "../../mod.ts";
import {
  add,
  batchNorm,
  concat,
  flatten,
  globalAveragePool,
  linear,
  relu,
} from "../../models/layers.ts";
import { input, type Network, network, output, toModel } from "../../models/network.ts";
import { conv2d, maxPool } from "../../models/windows.ts";

/** A layer's output on its way through a network. */
type Value = ReturnType<typeof input>;

/** What a small network is told. */
export interface SmallNetworkOptions {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Seed of the initial weights. */
  readonly seed: number;
}

const preprocessing: Preprocessing = {
  heightPx: 32,
  widthPx: 32,
  resizePx: 32,
  interpolation: "bilinear",
  range: 1,
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
  channels: "rgb",
  layout: "nchw",
};

/**
 * Networks for 32×32 pixels in the manner of four large ones, a few ten thousand weights each, all with
 * batch normalisation so that they train from random weights in a few passes.
 */
export const smallNetworks: Readonly<Record<string, (options: SmallNetworkOptions) => Model>> = {
  "small AlexNet": (options) => made("small_alexnet", options, alexnet),
  "small VGG": (options) => made("small_vgg", options, vgg),
  "small GoogLeNet": (options) => made("small_googlenet", options, googlenet),
  "small ResNet": (options) => made("small_resnet", options, resnet),
};

/** A wide first kernel with a stride, few layers, large steps between sizes. */
function alexnet(net: Network, x: Value): Value {
  x = unit(net, x, { name: "conv1", channels: 16, kernel: 5, stride: 2 });
  x = maxPool(net, x, { name: "pool1", kernel: 2 });
  x = unit(net, x, { name: "conv2", channels: 32, kernel: 3 });
  return unit(net, x, { name: "conv3", channels: 48, kernel: 3 });
}

/** Pairs of 3×3 kernels, and a pool after each. */
function vgg(net: Network, x: Value): Value {
  for (const [index, channels] of [8, 16, 32].entries()) {
    x = unit(net, x, { name: `block${index + 1}.conv1`, channels, kernel: 3 });
    x = unit(net, x, { name: `block${index + 1}.conv2`, channels, kernel: 3 });
    x = maxPool(net, x, { name: `block${index + 1}.pool`, kernel: 2 });
  }
  return x;
}

/** Kernels of several sizes side by side. */
function googlenet(net: Network, x: Value): Value {
  x = unit(net, x, { name: "stem", channels: 16, kernel: 3, stride: 2 });
  for (const [index, channels] of [8, 16].entries()) {
    const name = `inception${index + 1}`;
    x = concat(
      net,
      [1, 3, 5].map((kernel) => unit(net, x, { name: `${name}.k${kernel}`, channels, kernel })),
      { name: `${name}.concat` },
    );
    x = maxPool(net, x, { name: `${name}.pool`, kernel: 2 });
  }
  return x;
}

/** Ways around every second layer. */
function resnet(net: Network, x: Value): Value {
  x = unit(net, x, { name: "stem", channels: 16, kernel: 3, stride: 2 });
  for (const [index, channels] of [24, 48].entries()) {
    const name = `stage${index + 1}`;
    const down = unit(net, x, { name: `${name}.down`, channels, kernel: 3, stride: 2 });
    const inner = unit(net, down, { name: `${name}.inner`, channels, kernel: 3 });
    x = add(net, [inner, down], { name: `${name}.add` });
  }
  return x;
}

/** A convolution that keeps the size but for its stride, batch normalisation, ReLU. */
function unit(
  net: Network,
  x: Value,
  { name, channels, kernel, stride = 1 }: {
    readonly name: string;
    readonly channels: number;
    readonly kernel: number;
    readonly stride?: number;
  },
): Value {
  const padding = (kernel - 1) / 2;
  const y = conv2d(net, x, {
    name: `${name}.conv`,
    channels,
    kernel,
    stride,
    padding,
    bias: false,
  });
  return relu(net, batchNorm(net, y, { name: `${name}.bn` }), { name: `${name}.relu` });
}

function made(
  name: string,
  { classes, seed }: SmallNetworkOptions,
  layers: (net: Network, x: Value) => Value,
): Model {
  const net = network(seed);
  const last = layers(net, input(net, "x", ["batch", 3, 32, 32]));
  const pooled = flatten(net, globalAveragePool(net, last, { name: "pool" }), { name: "flatten" });
  output(net, linear(net, pooled, { name: "fc", features: classes.length }));
  return toModel(net, { name, classes, preprocessing });
}
