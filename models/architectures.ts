import type { Model } from "../src/onnx/model.ts";
import { alexnet } from "./alexnet.ts";
import { bert, bertMini, bertSmall, bertTiny } from "./bert.ts";
import { clipVitB32, clipVitB32Text } from "./clip.ts";
import { densenet121 } from "./densenet.ts";
import { digitCnn } from "./digit_cnn.ts";
import { distilbert } from "./distilbert.ts";
import { efficientnetB0 } from "./efficientnet.ts";
import { glyphNet } from "./glyph_net.ts";
import { googlenet } from "./googlenet.ts";
import { gpt2 } from "./gpt2.ts";
import { inceptionV3 } from "./inception_v3.ts";
import { lenet5 } from "./lenet5.ts";
import { mobilefacenet } from "./mobilefacenet.ts";
import { mobilenetV2 } from "./mobilenet_v2.ts";
import { resnet101, resnet152, resnet18, resnet34, resnet50 } from "./resnet.ts";
import { squeezenet1_0, squeezenet1_1 } from "./squeezenet.ts";
import { vitB16, vitB32, vitTiny } from "./vit.ts";
import { vgg11, vgg11Bn, vgg13, vgg13Bn, vgg16, vgg16Bn, vgg19, vgg19Bn } from "./vgg.ts";
import { xlnet } from "./xlnet.ts";

/** What a network with random weights is told. */
export interface ArchitectureOptions {
  /** Names of the classes, or how many there are. @default {the network's own} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

/** The networks that can be built with random weights, by name. */
export const architectures: Readonly<Record<string, (options: ArchitectureOptions) => Model>> = {
  alexnet,
  bert,
  bert_mini: bertMini,
  bert_small: bertSmall,
  bert_tiny: bertTiny,
  clip_vit_b_32: clipVitB32,
  clip_vit_b_32_text: clipVitB32Text,
  densenet121,
  digit_cnn: digitCnn,
  distilbert,
  efficientnet_b0: efficientnetB0,
  glyph_net: glyphNet,
  googlenet,
  gpt2,
  inception_v3: inceptionV3,
  lenet5,
  mobilefacenet,
  mobilenet_v2: mobilenetV2,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  squeezenet1_0,
  squeezenet1_1,
  vgg11,
  vgg11_bn: vgg11Bn,
  vgg13,
  vgg13_bn: vgg13Bn,
  vgg16,
  vgg16_bn: vgg16Bn,
  vgg19,
  vgg19_bn: vgg19Bn,
  vit_b_16: vitB16,
  vit_b_32: vitB32,
  vit_tiny: vitTiny,
  xlnet,
};
