import type { Attributes } from "../../../../src/autodiff/builder.ts";
import { tensor } from "../../../../src/tensor/tensor.ts";
import { MS, type OperatorCase, positive, random } from "./case.ts";

function conv(
  claim: string,
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  attributes: Attributes,
  outputs = "dX dW dB",
): OperatorCase {
  return {
    claim: `ConvGrad ${claim}`,
    feeds: { dY: random("dY", ...y), X: random("X", ...x), W: random("W", ...w) },
    steps: [[`${MS}ConvGrad`, "dY X W", outputs.replaceAll("-", ""), attributes]],
    outputs: outputs.split(" ").filter((name) => name !== "-"),
  };
}

function maxPool(x: readonly number[], y: readonly number[], attributes: Attributes): OperatorCase {
  return {
    claim: `MaxPoolGrad of [${x}] ${JSON.stringify(attributes)}`,
    feeds: { dY: random("dY", ...y), X: random("X", ...x) },
    steps: [
      ["MaxPool", "X", "Y Indices", attributes],
      ["MaxPoolGrad", "dY Indices", "dX", attributes],
    ],
    outputs: ["dX"],
    declared: { dX: x },
  };
}

function averagePool(
  x: readonly number[],
  y: readonly number[],
  attributes: Attributes,
): OperatorCase {
  return {
    claim: `AveragePoolGrad of [${x}] ${JSON.stringify(attributes)}`,
    feeds: { Y_grad: random("dY", ...y), X: random("X", ...x) },
    steps: [
      ["AveragePool", "X", "Y", attributes],
      ["AveragePoolGrad", "Y_grad", "X_grad", attributes],
    ],
    outputs: ["Y", "X_grad"],
    declared: { X_grad: x },
  };
}

function layerNorm(axis: number, scale: readonly number[]): OperatorCase[] {
  const feeds = {
    dY: random("dY", 3, 4, 5),
    X: random("X", 3, 4, 5),
    scale: random("scale", ...scale),
    bias: random("bias", ...scale),
  };
  const outputs = ["dX", "dscale", "dbias"];
  return [
    {
      claim: `LayerNormalizationGrad from axis ${axis}`,
      feeds,
      steps: [
        ["LayerNormalization", "X scale bias", "Y mean inv", { axis }],
        [`${MS}LayerNormalizationGrad`, "dY X scale mean inv", "dX dscale dbias", { axis }],
      ],
      outputs,
    },
    {
      claim: `InvertibleLayerNormalizationGrad from axis ${axis}`,
      feeds,
      steps: [
        ["LayerNormalization", "X scale bias", "Y mean inv", { axis }],
        [`${MS}InvertibleLayerNormalizationGrad`, "dY Y scale bias inv", "dX dscale dbias", {
          axis,
        }],
      ],
      outputs,
      declared: { dX: [3, 4, 5], dscale: scale, dbias: scale },
    },
    {
      claim: `SimplifiedLayerNormalizationGrad from axis ${axis}`,
      feeds: { dY: feeds.dY, X: feeds.X, scale: feeds.scale },
      steps: [
        ["SimplifiedLayerNormalization", "X scale", "Y inv", { axis }],
        [`${MS}SimplifiedLayerNormalizationGrad`, "dY X scale inv", "dX dscale", { axis }],
      ],
      outputs: ["dX", "dscale"],
    },
  ];
}

function batchNorm(...dims: number[]): OperatorCase {
  const channels = dims[1]!;
  return {
    claim: `BatchNormInternal and its gradient of [${dims}]`,
    feeds: {
      dY: random("dY", ...dims),
      X: random("X", ...dims),
      scale: random("scale", channels),
      bias: random("bias", channels),
      mean: random("mean", channels),
      variance: positive("variance", channels),
    },
    steps: [
      [`${MS}BatchNormInternal`, "X scale bias mean variance", "Y rm rv sm si", {
        epsilon: { float: 1e-3 },
        momentum: { float: 0.8 },
        training_mode: 1,
      }],
      [`${MS}BatchNormalizationGrad`, "dY X scale sm si", "dX dscale dbias", {
        epsilon: { float: 1e-3 },
      }],
    ],
    outputs: ["Y", "rm", "rv", "sm", "si", "dX", "dscale", "dbias"],
  };
}

/** Convolution, pooling and normalisation, and quantisation in training. */
export const LAYERS: readonly OperatorCase[] = [
  conv("with pads", [2, 3, 5, 6], [4, 3, 3, 3], [2, 4, 5, 6], { pads: [1, 1, 1, 1] }),
  conv("with strides and uneven pads", [2, 2, 7, 6], [4, 2, 3, 2], [2, 4, 4, 3], {
    strides: [2, 2],
    pads: [1, 0, 1, 1],
  }),
  conv("with groups and dilations", [2, 4, 8, 8], [6, 2, 3, 3], [2, 6, 4, 4], {
    group: 2,
    dilations: [2, 2],
  }),
  conv("depthwise", [2, 3, 6, 6], [3, 1, 3, 3], [2, 3, 6, 6], { group: 3, pads: [1, 1, 1, 1] }),
  conv("in 1-D", [3, 2, 7], [4, 2, 3], [3, 4, 5], {}),
  conv("of the weight only", [2, 3, 4, 4], [4, 3, 1, 1], [2, 4, 4, 4], {}, "- dW"),
  conv("of input and bias", [2, 3, 4, 4], [4, 3, 1, 1], [2, 4, 4, 4], {}, "dX - dB"),
  maxPool([2, 3, 6, 6], [2, 3, 3, 3], { kernel_shape: [2, 2], strides: [2, 2] }),
  maxPool([2, 3, 5, 5], [2, 3, 5, 5], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  maxPool([2, 3, 6], [2, 3, 4], { kernel_shape: [3] }),
  averagePool([2, 3, 6, 6], [2, 3, 3, 3], { kernel_shape: [2, 2], strides: [2, 2] }),
  averagePool([2, 3, 5, 5], [2, 3, 5, 5], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  averagePool([2, 3, 5, 5], [2, 3, 5, 5], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  averagePool([2, 3, 7], [2, 3, 3], { kernel_shape: [3], strides: [2] }),
  ...layerNorm(-1, [5]),
  ...layerNorm(1, [4, 5]),
  batchNorm(4, 3, 2, 5),
  batchNorm(4, 3),
  batchNorm(2, 3, 4),
  {
    claim: "FakeQuant and its gradient",
    feeds: {
      X: random("X", 4, 5),
      step: tensor("float32", [], [0.01]),
      zero: tensor("float32", [], [30]),
      dY: random("dY", 4, 5),
    },
    steps: [
      [`${MS}FakeQuant`, "X step zero", "Y mask", { quant_min: 0, quant_max: 100 }],
      [`${MS}FakeQuantGrad`, "dY mask", "dX"],
    ],
    outputs: ["Y", "mask", "dX"],
  },
];
