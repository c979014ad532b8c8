import type { Model } from "../src/onnx/model.ts";
import { digitCnn } from "./digit_cnn.ts";
import { glyphNet } from "./glyph_net.ts";
import { resnet18, resnet34, resnet50 } from "./resnet.ts";

/** What a network with random weights is told. */
export interface ArchitectureOptions {
  /** Names of the classes, or how many there are. @default {the network's own} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

/** The networks that can be built with random weights, by name. */
export const architectures: Readonly<Record<string, (options: ArchitectureOptions) => Model>> = {
  digit_cnn: digitCnn,
  glyph_net: glyphNet,
  resnet18,
  resnet34,
  resnet50,
};
