/**
 * Convolutions of ResNet-18, ResNet-50 and MobileNetV2, 16 pictures at a time: forward, forward with
 * the weight's gradient, and forward with the input's gradient (for a scale of the channels that
 * stands before the convolution and is trained).
 *
 *     deno bench -A bench/convolution_bench.ts [--filter NAME]
 */
import { extractFeatures, freeze, type Model } from "../mod.ts";
import { batchNorm, flatten, globalAveragePool } from "../models/layers.ts";
import { input, network, output, toModel } from "../models/network.ts";
import { conv2d } from "../models/windows.ts";
import { numbers, regression, repeated } from "./steps.ts";
import { benchSteps } from "./timed.ts";

const BATCH_SIZE = 16;
const FORWARD_BATCHES = 3;

interface Shape {
  readonly channels: readonly [number, number];
  readonly sizePx: number;
  readonly kernel: number;
  readonly stride: number;
  /** A filter for each channel. */
  readonly depthwise?: boolean;
}

const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  "ResNet-18": [
    { channels: [3, 64], sizePx: 224, kernel: 7, stride: 2 },
    { channels: [64, 64], sizePx: 56, kernel: 3, stride: 1 },
    { channels: [64, 128], sizePx: 56, kernel: 3, stride: 2 },
    { channels: [128, 128], sizePx: 28, kernel: 3, stride: 1 },
    { channels: [256, 256], sizePx: 14, kernel: 3, stride: 1 },
    { channels: [512, 512], sizePx: 7, kernel: 3, stride: 1 },
  ],
  "ResNet-50": [
    { channels: [256, 64], sizePx: 56, kernel: 1, stride: 1 },
    { channels: [256, 1024], sizePx: 14, kernel: 1, stride: 1 },
    { channels: [512, 2048], sizePx: 7, kernel: 1, stride: 1 },
  ],
  "MobileNetV2": [
    { channels: [32, 32], sizePx: 112, kernel: 3, stride: 1, depthwise: true },
    { channels: [96, 96], sizePx: 112, kernel: 3, stride: 2, depthwise: true },
    { channels: [144, 144], sizePx: 56, kernel: 3, stride: 1, depthwise: true },
    { channels: [960, 960], sizePx: 7, kernel: 3, stride: 1, depthwise: true },
    { channels: [96, 24], sizePx: 56, kernel: 1, stride: 1 },
  ],
};

for (const [name, shapes] of Object.entries(SHAPES)) {
  for (const shape of shapes) {
    const { channels: [from, to], sizePx, kernel, stride, depthwise } = shape;
    const title = `${name} ${from}→${to}, ${sizePx}², ${kernel}×${kernel}` +
      (stride > 1 ? ` stride ${stride}` : "") + (depthwise ? " depthwise" : "");
    benchForward(title, shape);
    const dataset = (model: Model) => regression(numbers(model, BATCH_SIZE), to);
    const rest = { dataset, loss: "mse" } as const;
    benchSteps(`${title}: forward and dW`, { model: () => weightTrained(shape), ...rest });
    benchSteps(`${title}: forward and dX`, { model: () => inputTrained(shape), ...rest });
  }
}

/** Timed by when the rows of a later batch are asked for, so that compilation is left out. */
function benchForward(title: string, shape: Shape): void {
  Deno.bench({
    name: `${title}: forward: ${FORWARD_BATCHES} batches`,
    n: 3,
    warmup: 1,
    fn: async (bench) => {
      const model = weightTrained(shape);
      const first = 4 * BATCH_SIZE;
      const last = first + FORWARD_BATCHES * BATCH_SIZE;
      const dataset = repeated(numbers(model, BATCH_SIZE), last + 1);
      const get = (index: number) => {
        if (index === first) bench.start();
        if (index === last) bench.end();
        return dataset.get(index);
      };
      await extractFeatures(model, { length: dataset.length, get }, {
        layer: "flatten",
        batchSize: BATCH_SIZE,
        device: "cpu",
        verbose: false,
      });
    },
  });
}

/** The convolution alone, its output averaged. */
function weightTrained(shape: Shape): Model {
  return convolution(shape, false);
}

/** The convolution frozen, after a trained scale of each channel. */
function inputTrained(shape: Shape): Model {
  return freeze(convolution(shape, true), /^conv/);
}

function convolution(
  { channels: [from, to], sizePx, kernel, stride, depthwise }: Shape,
  isScaled: boolean,
): Model {
  const net = network(0);
  let x = input(net, "x", ["batch", from, sizePx, sizePx]);
  if (isScaled) x = batchNorm(net, x, { name: "scale" });
  x = conv2d(net, x, {
    name: "conv",
    channels: to,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
    groups: depthwise ? from : 1,
    bias: false,
  });
  output(net, flatten(net, globalAveragePool(net, x, { name: "pool" }), { name: "flatten" }));
  return toModel(net, { name: "convolution" });
}
