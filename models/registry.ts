import type { Preprocessing } from "../src/tensor/dataset.ts";
import { imagenetPreprocessing } from "../src/data/preprocessing.ts";
import { caffePreprocessing } from "./preprocessing.ts";

/** Published weights: where they are, how to know them again, and how they are used. */
export interface PublishedWeights {
  /** What the network is, in a line. */
  readonly description: string;
  /** SPDX identifier of the licence its publisher gives. */
  readonly licence: string;
  /** File name. */
  readonly file: string;
  /** Where it lies, the best address first; all hold the same bytes. */
  readonly addresses: readonly string[];
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  /** How it wants its pictures; nothing for networks that read texts. */
  readonly preprocessing: Preprocessing | undefined;
  /** What its outputs mean: the 1000 classes of ImageNet, what its own file says, or these classes. */
  readonly labels: "imagenet" | "file" | readonly string[];
}

interface Facts extends Pick<PublishedWeights, "description" | "licence" | "bytes" | "sha256"> {
  /** @default {ImageNet's at 224×224} */
  readonly preprocessing?: Preprocessing;
}

/** Mean pixel of ImageNet in BGR as the networks of Caffe's model zoo use it. */
const CAFFE_MEAN = [103.939, 116.779, 123.68];

/** 0 to 255 by (x − 127)/128, channels last, shorter edge 256, as its page in the ONNX model zoo says. */
const efficientnetLite: Preprocessing = {
  ...imagenetPreprocessing(),
  range: 255,
  mean: [127, 127, 127],
  std: [128, 128, 128],
  layout: "nhwc",
};

/**
 * Weights by name, from the ONNX model zoo: classifiers trained on ImageNet, and networks for texts.
 * Sizes, sums and licences are those of its manifest and pages; so is the preprocessing, except that of
 * the networks from Caffe (`squeezenet1_0`, `densenet121`, `googlenet`, `alexnet`, `caffenet`), which is
 * their authors' BGR recipe. Networks for texts take token ids, int64 `[N, T]`, of their own vocabulary.
 */
export const registry: Readonly<Record<string, PublishedWeights>> = {
  mobilenet_v2: published("mobilenet", "mobilenetv2-12.onnx", {
    description: "MobileNetV2, 3.5 million weights: small and quick, a good first choice",
    licence: "Apache-2.0",
    bytes: 13_964_571,
    sha256: "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5",
  }),
  squeezenet1_0: published("squeezenet", "squeezenet1.0-12.onnx", {
    description: "SqueezeNet 1.0, 1.2 million weights",
    licence: "Apache-2.0",
    bytes: 4_952_956,
    sha256: "dec81a8684617770b3cf13fadc1d92565d1d453d23935fc6388b792d99c992bd",
    preprocessing: caffePreprocessing(CAFFE_MEAN),
  }),
  squeezenet1_1: published("squeezenet", "squeezenet1.1-7.onnx", {
    description: "SqueezeNet 1.1, 1.2 million weights: the smallest",
    licence: "Apache-2.0",
    bytes: 4_956_208,
    sha256: "1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088",
  }),
  shufflenet_v2: published("shufflenet", "shufflenet-v2-12.onnx", {
    description: "ShuffleNet V2 ×1.0, 2.3 million weights",
    licence: "BSD-3-Clause",
    bytes: 9_218_556,
    sha256: "ea69821b4dd374ae2f33f9710dd1229ac263d0ee5b5a46ca3521f6483e1ba035",
  }),
  resnet18: published("resnet", "resnet18-v1-7.onnx", {
    description: "ResNet-18, 11.7 million weights",
    licence: "Apache-2.0",
    bytes: 46_820_737,
    sha256: "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c",
  }),
  resnet34: published("resnet", "resnet34-v1-7.onnx", {
    description: "ResNet-34, 21.8 million weights",
    licence: "Apache-2.0",
    bytes: 87_302_588,
    sha256: "883a41b2e30ddc2e422c108b091b5e70b92d37dc5c345a2c563dcae27971e2cc",
  }),
  resnet50: published("resnet", "resnet50-v1-12.onnx", {
    description: "ResNet-50, 25.6 million weights",
    licence: "Apache-2.0",
    bytes: 102_576_593,
    sha256: "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526",
  }),
  resnet101: published("resnet", "resnet101-v1-7.onnx", {
    description: "ResNet-101, 44.5 million weights",
    licence: "Apache-2.0",
    bytes: 178_914_043,
    sha256: "760702f6ec0138f71ebac66f4e95d1c72dc9267a8544f4d4667a53075fd0497c",
  }),
  resnet152: published("resnet", "resnet152-v1-7.onnx", {
    description: "ResNet-152, 60.2 million weights",
    licence: "Apache-2.0",
    bytes: 241_816_206,
    sha256: "b0ec92437bf8c9d0739bf9bafdea9638e13f9e3c1e2fb766ad546cc182fd3f6d",
  }),
  resnet18_v2: published("resnet", "resnet18-v2-7.onnx", {
    description: "ResNet-18 with pre-activation, 11.7 million weights",
    licence: "Apache-2.0",
    bytes: 46_806_737,
    sha256: "3b4d048057854022232aa20bf68262e31718ab7119a17f920b8a2dc1433f824b",
  }),
  resnet34_v2: published("resnet", "resnet34-v2-7.onnx", {
    description: "ResNet-34 with pre-activation, 21.8 million weights",
    licence: "Apache-2.0",
    bytes: 87_288_587,
    sha256: "3d3815e25f4b1ea967e2a526a3b27ef2a03af1725bdc199a63a271c26862d914",
  }),
  resnet50_v2: published("resnet", "resnet50-v2-7.onnx", {
    description: "ResNet-50 with pre-activation, 25.6 million weights",
    licence: "Apache-2.0",
    bytes: 102_442_452,
    sha256: "79102261eb6e5fd7af5d27f41316293e388c5cb691e5d25bfb035c4f64fefe31",
  }),
  resnet101_v2: published("resnet", "resnet101-v2-7.onnx", {
    description: "ResNet-101 with pre-activation, 44.5 million weights",
    licence: "Apache-2.0",
    bytes: 178_682_301,
    sha256: "3a0a819ea0953fb4700b0d98e43540aeee253e5b4c503c552b0c7979fc67767d",
  }),
  resnet152_v2: published("resnet", "resnet152-v2-7.onnx", {
    description: "ResNet-152 with pre-activation, 60.2 million weights",
    licence: "Apache-2.0",
    bytes: 241_503_848,
    sha256: "40fb3f6dd313ba786a2c8077a0ef7d7b4afeda5d037365400d3a7fbc2b1bee64",
  }),
  densenet121: published("densenet-121", "densenet-12.onnx", {
    description: "DenseNet-121, 8 million weights",
    licence: "MIT",
    bytes: 32_726_877,
    sha256: "0294e7e88e5b3360de9b0fdc321baf9e6ef18b7f058c4536caae3b9f18ed9ed5",
    preprocessing: caffePreprocessing([103.94, 116.78, 123.68], 1 / 0.017),
  }),
  googlenet: published("inception_and_googlenet/googlenet", "googlenet-12.onnx", {
    description: "GoogLeNet (BVLC), 7 million weights",
    licence: "BSD-3-Clause",
    bytes: 28_021_836,
    sha256: "c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e",
    preprocessing: caffePreprocessing(CAFFE_MEAN),
  }),
  efficientnet_lite4: published("efficientnet-lite4", "efficientnet-lite4-11.onnx", {
    description: "EfficientNet-Lite4, 13 million weights: the most accurate of the small ones",
    licence: "MIT",
    bytes: 51_946_641,
    sha256: "d111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12",
    preprocessing: efficientnetLite,
  }),
  vgg16: published("vgg", "vgg16-12.onnx", {
    description: "VGG-16, 138 million weights",
    licence: "Apache-2.0",
    bytes: 553_437_752,
    sha256: "722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b",
  }),
  vgg16_bn: published("vgg", "vgg16-bn-7.onnx", {
    description: "VGG-16 with batch normalisation, 138 million weights",
    licence: "Apache-2.0",
    bytes: 553_512_191,
    sha256: "4fdceabf1ef715c9ed3020fa2eac1cb2a448296c086b03633c80cf47e1c5afce",
  }),
  vgg19: published("vgg", "vgg19-7.onnx", {
    description: "VGG-19, 144 million weights",
    licence: "Apache-2.0",
    bytes: 574_677_321,
    sha256: "692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f",
  }),
  vgg19_bn: published("vgg", "vgg19-bn-7.onnx", {
    description: "VGG-19 with batch normalisation, 144 million weights",
    licence: "Apache-2.0",
    bytes: 574_774_380,
    sha256: "ce0987dfa6228ad29708013f38b7f73cbc14ca6066a05fc22ee49b35871c63ed",
  }),
  alexnet: published("alexnet", "bvlcalexnet-12.onnx", {
    description: "AlexNet (BVLC), 61 million weights",
    licence: "BSD-3-Clause",
    bytes: 243_863_787,
    sha256: "6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945",
    preprocessing: caffePreprocessing(CAFFE_MEAN),
  }),
  caffenet: published("caffenet", "caffenet-12.onnx", {
    description: "CaffeNet (BVLC), 61 million weights",
    licence: "BSD-3-Clause",
    bytes: 243_863_798,
    sha256: "ea563e5c47d1f58e1717cf1a2d8bf288b8adc07af0ad228b622096cd243aeecb",
    preprocessing: caffePreprocessing(CAFFE_MEAN),
  }),
  bert_squad: forTexts("bert-squad", "bertsquad-12.onnx", {
    description: "BERT base (uncased) trained on SQuAD, 109 million weights, 256 tokens a text",
    licence: "Apache-2.0",
    bytes: 435_852_736,
    sha256: "5f0d96a9e6b8a4a2e59f9636f8bbad09ee8a0c58c8212027cc17c5fcc9659e55",
  }),
  roberta_base: forTexts("roberta", "roberta-base-11.onnx", {
    description: "RoBERTa base, 125 million weights: an encoder of English texts",
    licence: "Apache-2.0",
    bytes: 498_649_858,
    sha256: "ad476a33a4b227f6e6b2e1c7192df1b61640657f26b390857ab943de66236c0b",
  }),
  roberta_sentiment: forTexts("roberta", "roberta-sequence-classification-9.onnx", {
    description: "RoBERTa base trained on opinions of films, 125 million weights",
    licence: "Apache-2.0",
    bytes: 498_658_080,
    sha256: "8b28f588889de84ef45918765b25bd0e74179b9be5d9320dafdddcb2553784cc",
    labels: ["negative", "positive"],
  }),
};

function published(folder: string, file: string, facts: Facts): PublishedWeights {
  return {
    preprocessing: imagenetPreprocessing(),
    ...facts,
    file,
    addresses: addressesOf(`validated/vision/classification/${folder}/model/${file}`, file),
    labels: "imagenet",
  };
}

function forTexts(
  folder: string,
  file: string,
  facts: Omit<Facts, "preprocessing"> & { readonly labels?: readonly string[] },
): PublishedWeights {
  return {
    preprocessing: undefined,
    labels: "file",
    ...facts,
    file,
    addresses: addressesOf(`validated/text/machine_comprehension/${folder}/model/${file}`, file),
  };
}

/** Where the model zoo keeps a file: on its own, among the old ones, and where it was first. */
function addressesOf(path: string, file: string): readonly string[] {
  return [
    `https://huggingface.co/onnxmodelzoo/${file.replace(/\.onnx$/, "")}/resolve/main/${file}`,
    `https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/${path}`,
    `https://media.githubusercontent.com/media/onnx/models/main/${path}`,
  ];
}
