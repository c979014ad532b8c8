import type { Preprocessing } from "../src/tensor/dataset.ts";

/** Options that the networks for digits share. */
export interface DigitNetworkOptions {
  /** Names of the classes, or how many there are. @default {10} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

/** Grey pictures of 28×28 pixels by the mean and standard deviation of MNIST's. */
export const digitPreprocessing: Preprocessing = {
  heightPx: 28,
  widthPx: 28,
  resizePx: 28,
  interpolation: "bilinear",
  range: 1,
  mean: [0.1307],
  std: [0.3081],
  channels: "gray",
  layout: "nchw",
};
