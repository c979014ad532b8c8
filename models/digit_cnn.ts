import type { Model } from "../src/onnx/model.ts";
import { dropout, flatten, linear, relu } from "./layers.ts";
import { input, network, output, toModel } from "./network.ts";
import { conv2d, maxPool } from "./windows.ts";
import { type DigitNetworkOptions, digitPreprocessing } from "./digit_network.ts";

/** Options of `digitCnn`. */
export interface DigitCnnOptions extends DigitNetworkOptions {
  /** Whether it has dropout, 0.25 after the pool and 0.5 before the last layer. @default {true} */
  readonly dropout?: boolean;
}

/**
 * The classic small network for 28×28 grey digits, with random weights: two 3×3 convolutions of 32
 * and 64 channels, a 2×2 max pool and two fully connected layers. Input `x` `[batch, 1, 28, 28]`,
 * output `logits` `[batch, classes]`; 1.2 million weights.
 */
export function digitCnn(options: DigitCnnOptions = {}): Model {
  const { classes = 10, seed = 0 } = options;
  const net = network(seed);
  const dropped: typeof dropout = (...args) => options.dropout ?? true ? dropout(...args) : args[1];
  let x = input(net, "x", ["batch", 1, 28, 28]);
  x = relu(net, conv2d(net, x, { name: "conv1", channels: 32, kernel: 3 }), { name: "relu1" });
  x = relu(net, conv2d(net, x, { name: "conv2", channels: 64, kernel: 3 }), { name: "relu2" });
  x = dropped(net, maxPool(net, x, { name: "pool", kernel: 2 }), { name: "dropout1", ratio: 0.25 });
  x = flatten(net, x, { name: "flatten" });
  x = relu(net, linear(net, x, { name: "fc1", features: 128 }), { name: "relu3" });
  x = dropped(net, x, { name: "dropout2", ratio: 0.5 });
  const features = typeof classes === "number" ? classes : classes.length;
  output(net, linear(net, x, { name: "fc2", features }));
  return toModel(net, {
    name: "digit_cnn",
    ...(typeof classes !== "number" && { classes }),
    preprocessing: digitPreprocessing,
  });
}
