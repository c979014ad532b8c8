import type { Attributes } from "../../../../src/autodiff/builder.ts";
import { type Tensor, tensor } from "../../../../src/tensor/tensor.ts";
import { int64, MS, type OperatorCase, positive, random } from "./case.ts";

function unary(op: string, attributes: Attributes = {}, ...dims: number[]): OperatorCase {
  const shape = dims.length > 0 ? dims : [3, 4, 5];
  return {
    claim: `${op} ${JSON.stringify(attributes)} of [${shape}]`,
    feeds: { dY: random("dY", ...shape), X: random("X", ...shape) },
    steps: [[MS + op, "dY X", "dX", attributes]],
    outputs: ["dX"],
  };
}

function softmax(forward: string, op: string, axis: number): OperatorCase {
  return {
    claim: `${op} along ${axis}`,
    feeds: { dY: random("dY", 3, 4, 5), X: random("X", 3, 4, 5) },
    steps: [[forward, "X", "Y", { axis }], [MS + op, "dY Y", "dX", { axis }]],
    outputs: ["dX"],
  };
}

const LABELS = int64([4], 2, 0, -1, 1);

function crossEntropy(
  reduction: string,
  options: { weight?: boolean; ignored?: number; spatial?: boolean; labels?: Tensor } = {},
): OperatorCase {
  const { weight, ignored, spatial } = options;
  const dims = spatial ? [2, 3, 2] : [4, 3];
  const label = options.labels ?? (spatial ? int64([2, 2], 2, 0, -1, 1) : LABELS);
  const dY = reduction === "none" ? random("dY", ...label.dims) : random("dY");
  const attributes = {
    reduction,
    ...(ignored !== undefined && { ignore_index: ignored }),
  };
  const inputs = weight ? "dY log label weight" : "dY log label";
  return {
    claim: `SoftmaxCrossEntropyLossGrad ${
      JSON.stringify({ reduction, ...options, labels: label.type })
    }`,
    feeds: {
      dY,
      scores: random("scores", ...dims),
      label,
      ...(weight && { weight: positive("weight", 3) }),
    },
    steps: [
      ["LogSoftmax", "scores", "log", { axis: 1 }],
      [`${MS}SoftmaxCrossEntropyLossGrad`, inputs, "dX", attributes],
    ],
    outputs: ["dX"],
  };
}

/** Gradients of activations and losses. */
export const ACTIVATIONS_AND_LOSSES: readonly OperatorCase[] = [
  ...["ReluGrad", "SigmoidGrad", "TanhGrad", "GeluGrad", "FastGeluGrad"].map((op) => unary(op)),
  unary("ReluGrad", {}, 4),
  unary("LeakyReluGrad", { alpha: { float: 0.2 } }),
  unary("LeakyReluGrad"),
  unary("QuickGeluGrad", { alpha: { float: 1.5 } }),
  unary("QuickGeluGrad"),
  ...["BiasGeluGrad_dX", "BiasFastGeluGrad_dX"].map((op): OperatorCase => ({
    claim: op,
    feeds: { dY: random("dY", 3, 4), X: random("X", 3, 4), B: random("B", 4) },
    steps: [[MS + op, "dY X B", "dX"]],
    outputs: ["dX"],
  })),
  ...[-1, 0, 1].map((axis) => softmax("Softmax", "SoftmaxGrad_13", axis)),
  ...[-1, 0, 1].map((axis) => softmax("LogSoftmax", "LogSoftmaxGrad_13", axis)),
  ...[0, 1, 2].map((axis) => softmax("Softmax", "SoftmaxGrad", axis)),
  ...[0, 1, 2].map((axis) => softmax("LogSoftmax", "LogSoftmaxGrad", axis)),
  ...["none", "sum", "mean"].flatMap((reduction) => [
    crossEntropy(reduction),
    crossEntropy(reduction, { weight: true }),
    crossEntropy(reduction, { ignored: 2, labels: int64([4], 2, 0, 0, 1) }),
    crossEntropy(reduction, { spatial: true, weight: true }),
  ]),
  crossEntropy("mean", { labels: tensor("int32", [4], [2, 0, 1, 1]) }),
  crossEntropy("mean", { ignored: 1, labels: int64([4], 1, 1, 1, 1) }),
  ...[[2, 0, -1, 1], [-1, -1, -1, -1]].map((labels): OperatorCase => ({
    claim: `SoftmaxCrossEntropyLoss of the labels ${labels}`,
    feeds: { scores: random("scores", 4, 3), label: int64([4], ...labels) },
    steps: [["SoftmaxCrossEntropyLoss", "scores label", "loss log"]],
    outputs: ["loss", "log"],
  })),
  {
    claim: "SoftmaxCrossEntropyLossInternal and its gradient",
    feeds: { scores: random("scores", 4, 3), label: LABELS, dY: random("dY") },
    steps: [
      ["constant", "", "ignored", { value: [-1], scalar: 1 }],
      [`${MS}SoftmaxCrossEntropyLossInternal`, "scores label - ignored", "loss log"],
      [`${MS}SoftmaxCrossEntropyLossInternalGrad`, "dY log label - ignored", "dX"],
    ],
    outputs: ["loss", "log", "dX"],
  },
];
