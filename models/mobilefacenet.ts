import { imagenetPreprocessing } from "../src/data/preprocessing.ts";
import type { Value } from "../src/onnx/graph.ts";
import { cosineHead } from "../src/onnx/heads/layers.ts";
import type { Model } from "../src/onnx/model.ts";
import { replaceHead } from "../src/onnx/replace_head.ts";
import { withHeadFacts } from "../src/onnx/task.ts";
import { constant, kaimingNormalByFanOut } from "./initializers.ts";
import { convolved, convUnit, invertedResidual } from "./inverted_residual.ts";
import { batchNorm, flatten, relu } from "./layers.ts";
import { input, type LayerOptions, type Network, network, output, toModel } from "./network.ts";
import { conv2d } from "./windows.ts";

/** Options of `mobilefacenet`. */
export interface MobilefacenetOptions {
  /** Names of the people, or how many there are, to be told apart by a cosine head. @default {none: embeddings} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

const SIZE_PX = 112;
/** Numbers of an embedding. */
const EMBEDDING = 128;
const LAST_CHANNELS = 512;
/** Height and width of the last feature map. */
const MAP_PX = 7;

/** Runs of blocks: expansion, channels, how many, stride of the first, as in the paper's table 1. */
const STAGES = [[2, 64, 5, 2], [4, 128, 1, 2], [2, 128, 6, 1], [4, 128, 1, 2], [
  2,
  128,
  2,
  1,
]] as const;

/**
 * MobileFaceNet (Chen et al., "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification
 * on Mobile Devices", 2018) with ReLU6 as in MobileNetV2 and random weights: input `x`
 * `[batch, 3, 112, 112]`, an aligned face, output `embedding` `[batch, 128]`; 1.0 million weights.
 * Faces of one person lie together once it is trained with `arcFace` on a cosine head, which it has
 * where `classes` are given, or with `triplet`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mobilefacenet } from "./mobilefacenet.ts";
 *
 * assertEquals(mobilefacenet().outputs[0]!.shape, ["batch", 128]);
 * assertEquals(mobilefacenet({ classes: ["Ada", "Alan"] }).outputs[0]!.shape, ["batch", 2]);
 * ```
 */
export function mobilefacenet({ classes, seed = 0 }: MobilefacenetOptions = {}): Model {
  const net = network(seed);
  let x = input(net, "x", ["batch", 3, SIZE_PX, SIZE_PX]);
  x = convUnit(net, x, { name: "conv1", channels: 64, kernel: 3, stride: 2 });
  x = separable(net, x, { name: "dw_conv" });
  let index = 0;
  for (const [expansion, channels, blocks, first] of STAGES) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? first : 1;
      x = invertedResidual(net, x, { name: `features.${index++}`, expansion, channels, stride });
    }
  }
  x = convUnit(net, x, { name: "conv2", channels: LAST_CHANNELS, kernel: 1 });
  output(net, embedded(net, x));
  const model = toModel(net, {
    name: "mobilefacenet",
    preprocessing: imagenetPreprocessing({
      heightPx: SIZE_PX,
      widthPx: SIZE_PX,
      resizePx: SIZE_PX,
    }),
    metadata: withHeadFacts(new Map(), { task: "embedding", cosineScale: undefined }),
  });
  if (classes === undefined) return model;
  return replaceHead(model, { classes, at: "embedding", head: cosineHead(), seed });
}

/** A 3×3 filter of each channel, then a 1×1 convolution. */
function separable(net: Network, x: Value, { name }: LayerOptions): Value {
  const channels = 64;
  x = convolved(net, x, { name: `${name}.depthwise`, channels, kernel: 3, groups: channels });
  x = relu(net, batchNorm(net, x, { name: `${name}.bn1` }), { name: `${name}.relu` });
  x = convolved(net, x, { name: `${name}.pointwise`, channels, kernel: 1 });
  return relu(net, batchNorm(net, x, { name: `${name}.bn2` }), { name: `${name}.relu_1` });
}

/** A weighted mean of each channel over all places, and a linear layer to the embedding. */
function embedded(net: Network, x: Value): Value {
  x = conv2d(net, x, {
    name: "gdconv.depthwise",
    channels: LAST_CHANNELS,
    groups: LAST_CHANNELS,
    kernel: MAP_PX,
    bias: false,
    weights: kaimingNormalByFanOut,
  });
  x = batchNorm(net, x, { name: "gdconv.bn" });
  x = conv2d(net, x, {
    name: "conv3",
    channels: EMBEDDING,
    kernel: 1,
    weights: kaimingNormalByFanOut,
    biases: constant(0),
  });
  return flatten(net, batchNorm(net, x, { name: "bn" }), { name: "embedding" });
}
