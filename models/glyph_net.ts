import type { Model } from "../src/onnx/model.ts";
import type { Value } from "../src/onnx/graph.ts";
import { add, batchNorm, flatten, globalAveragePool, linear, relu } from "./layers.ts";
import { input, type Network, network, output, toModel } from "./network.ts";
import { conv2d } from "./windows.ts";
import { kaimingNormalByFanOut } from "./initializers.ts";

/** Options of `glyphNet`. */
export interface GlyphNetOptions {
  /** Names of the classes, or how many there are. @default {10} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

/**
 * A small residual network for 32×32 colour pictures, with random weights: a stem and three stages
 * of 24, 48, 96 and 128 channels, each of which halves the picture. Input `x`
 * `[batch, 3, 32, 32]`, `pool` `[batch, 128, 1, 1]`, output `fc` `[batch, classes]`; 0.4 million weights.
 */
export function glyphNet(options: GlyphNetOptions = {}): Model {
  const { classes = 10, seed = 0 } = options;
  const net = network(seed);
  let x = input(net, "x", ["batch", 3, 32, 32]);
  x = convolved(net, x, { name: "stem", channels: 24, stride: 1 });
  x = relu(net, x, { name: "stem.relu" });
  for (const [index, channels] of [48, 96, 128].entries()) {
    x = stage(net, x, { name: `stage${index + 1}`, channels });
  }
  x = flatten(net, globalAveragePool(net, x, { name: "pool" }), { name: "flatten" });
  const features = typeof classes === "number" ? classes : classes.length;
  output(net, linear(net, x, { name: "fc", features }));
  return toModel(net, {
    name: "glyph_net",
    ...(typeof classes !== "number" && { classes }),
    preprocessing: {
      heightPx: 32,
      widthPx: 32,
      resizePx: 32,
      interpolation: "bilinear",
      range: 1,
      mean: [0.5, 0.5, 0.5],
      std: [0.25, 0.25, 0.25],
      channels: "rgb",
      layout: "nchw",
    },
  });
}

/** A convolution that halves the picture, then one with a way around it. */
function stage(
  net: Network,
  x: Value,
  { name, channels }: { readonly name: string; readonly channels: number },
): Value {
  const down = relu(
    net,
    convolved(net, x, { name: `${name}.down`, channels, stride: 2 }),
    { name: `${name}.down.relu` },
  );
  const inner = convolved(net, down, { name: `${name}.inner`, channels, stride: 1 });
  return relu(net, add(net, [inner, down], { name: `${name}.add` }), { name: `${name}.relu` });
}

function convolved(
  net: Network,
  x: Value,
  options: { readonly name: string; readonly channels: number; readonly stride: number },
): Value {
  const { name, channels, stride } = options;
  const y = conv2d(net, x, {
    name: `${name}.conv`,
    channels,
    kernel: 3,
    stride,
    padding: 1,
    bias: false,
    weights: kaimingNormalByFanOut,
  });
  return batchNorm(net, y, { name: `${name}.bn` });
}
