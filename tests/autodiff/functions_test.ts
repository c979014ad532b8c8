import { float, int } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "./central_differences.ts";

const positive = (x: number) => Math.abs(x) + 0.5;
const small = (x: number) => 0.6 * Math.tanh(x);
const aboveOne = (x: number) => Math.abs(x) + 1.5;
/** Away from 0, and from ±0.5 and 1. */
const awayFromKinks = (x: number) => Math.sign(x) * (0.1 + 0.25 * Math.tanh(Math.abs(x)));
const nearOne = (x: number) => 1.3 + 0.1 * Math.tanh(x);
const one = [[3, 4]];

checkGradients([
  ...["Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh", "Mish"].map((op) => ({ op, inputs: one })),
  ...["Tan", "Asin", "Acos", "Atanh"].map((op) => ({ op, inputs: one, domain: small })),
  { op: "Acosh", inputs: one, domain: aboveOne },
  ...["Elu", "Selu", "Celu", "Softsign"].map((op) => ({ op, inputs: one, domain: awayFromKinks })),
  { op: "Elu", inputs: one, attributes: { alpha: float(0.3) }, domain: awayFromKinks },
  { op: "Selu", inputs: one, attributes: { gamma: float(2) }, domain: awayFromKinks },
  { op: "Celu", inputs: one, attributes: { alpha: float(0.4) }, domain: awayFromKinks },
  { op: "ThresholdedRelu", inputs: one, attributes: { alpha: float(0.05) }, domain: awayFromKinks },
  { op: "Shrink", inputs: one, attributes: { lambd: float(0.05) }, domain: awayFromKinks },
  { op: "QuickGelu", inputs: one, space: "com.microsoft", attributes: { alpha: float(1.3) } },
  {
    op: "Mod",
    inputs: [[3, 4], tensor("float32", [4], [0.9, -0.9, 0.8, 0.95])],
    attributes: { fmod: int(1) },
    domain: nearOne,
  },
  {
    op: "Mod",
    inputs: [tensor("float32", [2, 1], [1.8, -1.7]), [3]],
    attributes: { fmod: int(1) },
    domain: nearOne,
  },
  ...["Gelu", "FastGelu"].map((op) => ({ op, inputs: one, space: "com.microsoft" })),
  ...["BiasGelu", "FastGelu"].map((op) => ({
    op,
    inputs: [[3, 4], [4]],
    space: "com.microsoft",
  })),
  ...["Max", "Min"].map((op) => ({ op, inputs: [[2, 3], [3], [2, 1]] })),
  { op: "Mean", inputs: [[2, 3], [3]] },
  { op: "Max", inputs: [[2, 3]], domain: positive },
]);
