import { imagenetPreprocessing } from "../src/data/preprocessing.ts";
import type { Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { input, type Network, network, output, toModel } from "./network.ts";

/** Options that the networks for pictures share. */
export interface ImageNetworkOptions {
  /** Names of the classes, or how many there are. @default {1000} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
  /** Height and width of the input, in pixels. @default {224, for Inception v3 299} */
  readonly sizePx?: number;
}

/**
 * A network from input `x` `[batch, 3, sizePx, sizePx]`, normalised as for ImageNet, to as many numbers
 * as there are classes. `layers` adds all of it.
 */
export function imageNetwork(
  name: string,
  options: ImageNetworkOptions,
  layers: (net: Network, x: Value, classes: number) => Value,
): Model {
  const { classes = 1000, seed = 0, sizePx = 224 } = options;
  const net = network(seed);
  const x = input(net, "x", ["batch", 3, sizePx, sizePx]);
  output(net, layers(net, x, typeof classes === "number" ? classes : classes.length));
  return toModel(net, {
    name,
    ...(typeof classes !== "number" && { classes }),
    preprocessing: imagenetPreprocessing({ heightPx: sizePx, widthPx: sizePx }),
  });
}
