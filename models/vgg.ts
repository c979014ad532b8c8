import type { Model } from "../src/onnx/model.ts";
import type { Value } from "../src/onnx/graph.ts";
import { constant, kaimingNormalByFanOut, normal } from "./initializers.ts";
import { batchNorm, dropout, flatten, linear, relu } from "./layers.ts";
import type { Network } from "./network.ts";
import { averagePool, conv2d, maxPool } from "./windows.ts";
import { imageNetwork, type ImageNetworkOptions } from "./image_network.ts";

/** Options of the VGGs. */
export interface VggOptions extends ImageNetworkOptions {
  /** Height and width of the input, in pixels: a multiple of 224. @default {224} */
  readonly sizePx?: number;
  /** Width of the two hidden layers of the classifier. @default {4096} */
  readonly hidden?: number;
}

interface Architecture {
  readonly name: string;
  /** Convolutions in each of the five stages. */
  readonly depths: readonly number[];
  readonly batchNorm: boolean;
}

/** Channels of the five stages. */
const CHANNELS = [64, 128, 256, 512, 512];
/** Height and width of what the classifier reads. */
const POOLED_PX = 7;
/** How much the five max pools shrink a side. */
const SHRINK = 32;

const ELEVEN = [1, 1, 2, 2, 2];
const THIRTEEN = [2, 2, 2, 2, 2];
const SIXTEEN = [2, 2, 3, 3, 3];
const NINETEEN = [2, 2, 4, 4, 4];

/**
 * VGG-11 (Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
 * Recognition", 2014) with random weights; names and shapes of the weights are torchvision's. Input
 * `x` `[batch, 3, sizePx, sizePx]`. Throws `RangeError` for a size that is no multiple of 224.
 */
export function vgg11(options: VggOptions = {}): Model {
  return vgg({ name: "vgg11", depths: ELEVEN, batchNorm: false }, options);
}

/** VGG-11 with batch normalisation after each convolution; see `vgg11`. */
export function vgg11Bn(options: VggOptions = {}): Model {
  return vgg({ name: "vgg11_bn", depths: ELEVEN, batchNorm: true }, options);
}

/** VGG-13; see `vgg11`. */
export function vgg13(options: VggOptions = {}): Model {
  return vgg({ name: "vgg13", depths: THIRTEEN, batchNorm: false }, options);
}

/** VGG-13 with batch normalisation after each convolution; see `vgg11`. */
export function vgg13Bn(options: VggOptions = {}): Model {
  return vgg({ name: "vgg13_bn", depths: THIRTEEN, batchNorm: true }, options);
}

/** VGG-16; see `vgg11`. */
export function vgg16(options: VggOptions = {}): Model {
  return vgg({ name: "vgg16", depths: SIXTEEN, batchNorm: false }, options);
}

/** VGG-16 with batch normalisation after each convolution; see `vgg11`. */
export function vgg16Bn(options: VggOptions = {}): Model {
  return vgg({ name: "vgg16_bn", depths: SIXTEEN, batchNorm: true }, options);
}

/** VGG-19; see `vgg11`. */
export function vgg19(options: VggOptions = {}): Model {
  return vgg({ name: "vgg19", depths: NINETEEN, batchNorm: false }, options);
}

/** VGG-19 with batch normalisation after each convolution; see `vgg11`. */
export function vgg19Bn(options: VggOptions = {}): Model {
  return vgg({ name: "vgg19_bn", depths: NINETEEN, batchNorm: true }, options);
}

function vgg(architecture: Architecture, options: VggOptions): Model {
  const { sizePx = 224, hidden = 4096 } = options;
  if (!(Number.isInteger(sizePx) && sizePx > 0 && sizePx % (SHRINK * POOLED_PX) === 0)) {
    throw new RangeError(
      `${architecture.name}: option "sizePx" must be a multiple of ${SHRINK * POOLED_PX}, ` +
        `found ${sizePx}`,
    );
  }
  return imageNetwork(architecture.name, options, (net, x, classes) => {
    x = features(net, x, architecture);
    const window = sizePx / SHRINK / POOLED_PX;
    if (window > 1) x = averagePool(net, x, { name: "avgpool", kernel: window });
    x = flatten(net, x, { name: "flatten" });
    const layer = (name: string, width: number) =>
      linear(net, x, { name, features: width, weights: normal(0.01), biases: constant(0) });
    for (const at of [0, 3]) {
      x = relu(net, layer(`classifier.${at}`, hidden), { name: `classifier.${at + 1}` });
      x = dropout(net, x, { name: `classifier.${at + 2}`, ratio: 0.5 });
    }
    return layer("classifier.6", classes);
  });
}

/** The convolutions, numbered with all that lies between them, as torchvision does. */
function features(net: Network, x: Value, { depths, batchNorm: hasNorm }: Architecture): Value {
  let at = 0;
  const next = () => ({ name: `features.${at++}` });
  depths.forEach((depth, stage) => {
    for (let index = 0; index < depth; index++) {
      x = conv2d(net, x, {
        ...next(),
        channels: CHANNELS[stage]!,
        kernel: 3,
        padding: 1,
        weights: kaimingNormalByFanOut,
        biases: constant(0),
      });
      if (hasNorm) x = batchNorm(net, x, next());
      x = relu(net, x, next());
    }
    x = maxPool(net, x, { ...next(), kernel: 2 });
  });
  return x;
}
