import type { Attributes } from "../../../src/autodiff/builder.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { sizeOf } from "../../../src/tensor/shape.ts";
import { hashed } from "../../autodiff/golden_numbers.ts";

/** An operator, its inputs and outputs by name (`""` is left out), and its attributes. */
export type Step = readonly [
  op: string,
  inputs: string,
  outputs: string,
  attributes?: Attributes,
];

/** A small graph with operators of training builds. */
export interface OperatorCase {
  readonly claim: string;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly steps: readonly Step[];
  /** Names of the outputs that are compared. */
  readonly outputs: readonly string[];
  /** Shapes that the official kernels want to be declared; float32. */
  readonly declared?: Readonly<Record<string, readonly number[]>>;
}

const random = (name: string, ...dims: number[]) =>
  tensor("float32", dims, hashed(name, sizeOf(dims)));
const positive = (name: string, ...dims: number[]) => {
  const numbers = hashed(name, sizeOf(dims)).map((number) => Math.abs(number) + 0.5);
  return tensor("float32", dims, numbers);
};
const int64 = (dims: readonly number[], ...numbers: number[]) => tensor("int64", dims, numbers);
const MS = "com.microsoft.";

/** One gradient operator of two inputs, both of one shape. */
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

function gather(op: "Gather" | "GatherElements", axis: number, indices: Tensor): OperatorCase {
  const read = op === "Gather" ? [3, 4] : [...indices.dims];
  if (op === "Gather") read.splice(axis, 1, ...indices.dims);
  const inputs = op === "Gather" ? "shape indices dY" : "dY shape indices";
  return {
    claim: `${op}Grad along ${axis} at ${indices.type} [${indices.dims}]`,
    feeds: { data: random("data", 3, 4), indices, dY: random("dY", ...read) },
    steps: [["Shape", "data", "shape"], [`${MS}${op}Grad`, inputs, "dX", { axis }]],
    outputs: ["dX"],
  };
}

function slice(
  starts: number[],
  ends: number[],
  read: number[],
  axes?: number[],
  steps?: number[],
): OperatorCase {
  return {
    claim: `SliceGrad ${JSON.stringify({ starts, ends, axes, steps })}`,
    feeds: { data: random("data", 5, 6), dY: random("dY", ...read) },
    steps: [
      ["Shape", "data", "shape"],
      ...Object.entries({ starts, ends, axes, steps }).flatMap(([name, numbers]) =>
        numbers ? [["constant", "", name, { value: numbers }] as const] : []
      ),
      [
        `${MS}SliceGrad`,
        ["dY shape starts ends", axes && "axes", steps && "steps"].filter((one) => one).join(" "),
        "dX",
      ],
    ],
    outputs: ["dX"],
  };
}

function div(a: readonly number[], b: readonly number[], outputs = "dA dB"): OperatorCase {
  const [left, right] = [random("A", ...a), positive("B", ...b)];
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], axis: number) => dims[axis - rank + dims.length] ?? 1;
  const whole = Array.from({ length: rank }, (_, i) => Math.max(at(a, i), at(b, i)));
  return {
    claim: `DivGrad of [${a}] and [${b}]: ${outputs}`,
    feeds: { dY: random("dY", ...whole), A: left, B: right },
    steps: [[`${MS}DivGrad`, "dY A B", outputs.replaceAll("-", "")]],
    outputs: outputs.split(" ").filter((name) => name !== "-"),
  };
}

function broadcast(a: readonly number[], b: readonly number[]): OperatorCase {
  return {
    claim: `BroadcastGradientArgs of [${a}] and [${b}]`,
    feeds: { A: random("A", ...a), B: random("B", ...b) },
    steps: [
      ["Shape", "A", "a"],
      ["Shape", "B", "b"],
      [`${MS}BroadcastGradientArgs`, "a b", "along_a along_b"],
      ["Identity", "along_a", "for_a"],
      ["Identity", "along_b", "for_b"],
    ],
    outputs: ["for_a", "for_b"],
  };
}

function dropout(feeds: Readonly<Record<string, Tensor>>): OperatorCase {
  return {
    claim: `DropoutGrad ${describe(feeds)}`,
    feeds: {
      dY: random("dY", 2, 3),
      mask: tensor("bool", [2, 3], [1, 0, 1, 1, 0, 0]),
      ...feeds,
    },
    steps: [[`${MS}DropoutGrad`, ["dY mask", ...Object.keys(feeds)].join(" "), "dX"]],
    outputs: ["dX"],
  };
}

function describe(feeds: Readonly<Record<string, Tensor>>): string {
  const said = Object.entries(feeds).map(([name, { data }]) => `${name} ${data[0]}`);
  return said.length > 0 ? `with ${said.join(" and ")}` : "with nothing said";
}

function scale(type: "float32" | "int64", dims: readonly number[], down: number): OperatorCase {
  return {
    claim: `Scale by ${type} [${dims}], scale_down ${down}`,
    feeds: { X: random("X", 2, 3), by: tensor(type, dims, [4]) },
    steps: [[`${MS}Scale`, "X by", "Y", { scale_down: down }]],
    outputs: ["Y"],
  };
}

/** A layer over four steps of two sequences of three numbers, two units. */
function recurrent(
  op: "LSTM" | "GRU",
  options: { bias?: boolean; states?: boolean; final?: boolean },
  attributes: Attributes = {},
): OperatorCase {
  const gates = op === "LSTM" ? 4 : 3;
  const { bias, states, final } = options;
  const cell = op === "LSTM";
  const feeds = {
    X: random("X", 4, 2, 3),
    W: random("W", 1, 2 * gates, 3),
    R: random("R", 1, 2 * gates, 2),
    ...(bias && { B: random("B", 1, 4 * gates) }),
    ...(states && { h0: random("h0", 1, 2, 2) }),
    ...(states && cell && { c0: random("c0", 1, 2, 2) }),
    dH: random("dH", 4, 1, 2, 2),
    ...(final && { dHF: random("dHF", 1, 2, 2) }),
    ...(final && cell && { dCF: random("dCF", 1, 2, 2) }),
  };
  const [b, h0, c0] = [bias ? "B" : "-", states ? "h0" : "-", states ? "c0" : "-"];
  const [dHF, dCF] = [final ? "dHF" : "-", final ? "dCF" : "-"];
  const given = { hidden_size: 2, ...attributes };
  const outputs = ["dX", "dW", "dR", ...bias ? ["dB"] : []];
  if (states) outputs.push("dh0", ...cell ? ["dc0"] : []);
  const asked = ["dX", "dW", "dR", "dB", "dh0", "dc0"].map((name) =>
    outputs.includes(name) ? name : "-"
  );
  const steps: Step[] = cell
    ? [
      [`${MS}LSTMTraining`, `X W R ${b} - ${h0} ${c0}`, "H HF CF C gates", given],
      [`${MS}LSTMGrad`, `X W R - ${h0} ${c0} H C gates dH ${dHF} ${dCF}`, asked.join(" "), given],
    ]
    : [
      [`${MS}GRUTraining`, `X W R ${b} - ${h0}`, "H HF gates", given],
      [
        `${MS}GRUGrad`,
        `X W R ${b} - ${h0} H gates dH ${dHF}`,
        asked.slice(0, 5).join(" "),
        given,
      ],
    ];
  return {
    claim: `${op}Training and ${op}Grad ${JSON.stringify({ ...options, ...attributes })}`,
    feeds,
    steps,
    outputs: ["H", "HF", ...outputs],
  };
}

/** Every lowering, in the variants that its kernel has. */
export const OPERATOR_CASES: readonly OperatorCase[] = [
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
  gather("Gather", 0, int64([2, 2], 2, 0, -1, 2)),
  gather("Gather", 1, int64([3], 1, 1, 0)),
  gather("Gather", 0, tensor("int32", [], [1])),
  gather("GatherElements", 0, int64([2, 4], 2, 0, 1, 2, 2, 2, 0, 1)),
  gather("GatherElements", 1, int64([3, 2], 3, 0, 1, 1, 2, 3)),
  slice([1], [4], [3, 6]),
  slice([1, 0], [5, 6], [4, 3], [0, 1], [1, 2]),
  slice([-2], [1000], [5, 2], [1]),
  slice([4], [-1000], [5, 6], [0], [-1]),
  dropout({}),
  dropout({ ratio: tensor("float32", [], [0.25]) }),
  dropout({ ratio: tensor("float32", [], [0]) }),
  dropout({ ratio: tensor("float32", [], [0.25]), training_mode: tensor("bool", [], [0]) }),
  div([3, 4], [3, 4]),
  div([3, 4], [4]),
  div([4], [3, 4]),
  div([2, 1, 4], [3, 1]),
  div([], [2]),
  div([3, 4], [4], "- dB"),
  broadcast([2, 3, 4], [3, 1]),
  broadcast([1], [2, 2]),
  broadcast([2, 1], [2, 1]),
  scale("float32", [], 0),
  scale("int64", [1], 1),
  scale("int64", [], 0),
  {
    claim: "ConcatTraining and SplitTraining",
    feeds: { A: random("A", 2, 3), B: random("B", 2, 1), dY: random("dY", 2, 4) },
    steps: [
      [`${MS}ConcatTraining`, "A B", "Y sizes", { axis: 1 }],
      [`${MS}SplitTraining`, "dY sizes", "dA dB", { axis: 1 }],
    ],
    outputs: ["Y", "sizes", "dA", "dB"],
  },
  {
    claim: "ConcatTraining along the last axis",
    feeds: { A: random("A", 2, 3), B: random("B", 2, 1) },
    steps: [[`${MS}ConcatTraining`, "A B", "Y sizes", { axis: -1 }]],
    outputs: ["Y", "sizes"],
  },
  {
    claim: "ReduceSumTraining",
    feeds: { X: random("X", 2, 3, 4), axes: int64([2], 0, 2) },
    steps: [[`${MS}ReduceSumTraining`, "X axes", "Y", { keepdims: 0 }]],
    outputs: ["Y"],
  },
  recurrent("LSTM", {}),
  recurrent("LSTM", { bias: true, states: true, final: true }),
  recurrent("GRU", { bias: true }),
  recurrent("GRU", { bias: true, states: true, final: true }),
  recurrent("GRU", { bias: true, states: true, final: true }, { linear_before_reset: 1 }),
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
