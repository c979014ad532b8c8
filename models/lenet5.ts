import type { Model } from "../src/onnx/model.ts";
import { flatten, linear, tanh } from "./layers.ts";
import { input, network, output, toModel } from "./network.ts";
import { averagePool, conv2d } from "./windows.ts";
import { type DigitNetworkOptions, digitPreprocessing } from "./digit_network.ts";

/**
 * LeNet-5 (LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998) for grey
 * pictures of 28×28 pixels, padded to the 32×32 of the paper, with tanh between the layers, plain
 * averages for its pools, and a linear layer at the end, as is usual today. Input `x`
 * `[batch, 1, 28, 28]`.
 */
export function lenet5(options: DigitNetworkOptions = {}): Model {
  const { classes = 10, seed = 0 } = options;
  const net = network(seed);
  let x = input(net, "x", ["batch", 1, 28, 28]);
  x = tanh(net, conv2d(net, x, { name: "conv1", channels: 6, kernel: 5, padding: 2 }), {
    name: "tanh1",
  });
  x = averagePool(net, x, { name: "pool1", kernel: 2 });
  x = tanh(net, conv2d(net, x, { name: "conv2", channels: 16, kernel: 5 }), { name: "tanh2" });
  x = flatten(net, averagePool(net, x, { name: "pool2", kernel: 2 }), { name: "flatten" });
  x = tanh(net, linear(net, x, { name: "fc1", features: 120 }), { name: "tanh3" });
  x = tanh(net, linear(net, x, { name: "fc2", features: 84 }), { name: "tanh4" });
  const features = typeof classes === "number" ? classes : classes.length;
  output(net, linear(net, x, { name: "fc3", features }));
  return toModel(net, {
    name: "lenet5",
    ...(typeof classes !== "number" && { classes }),
    preprocessing: digitPreprocessing,
  });
}
