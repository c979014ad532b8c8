import { int, ints, string } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";

const numbers = (...values: number[]) => tensor("int64", [values.length], values);
const scalar = (value: number) => tensor("int64", [], [value]);
const transform = (opset: number, axis: number, inputs: Case["inputs"], flags = {}): Case => ({
  op: "DFT",
  opset,
  inputs: opset < 20 ? inputs : [...inputs, ...inputs.length < 2 ? [undefined] : [], scalar(axis)],
  attributes: { ...flags, ...opset < 20 && { axis: int(axis) } },
});

checkGradients([
  ...[0, 1].flatMap((align) => [
    {
      op: "AffineGrid",
      opset: 20,
      inputs: [[2, 2, 3], numbers(2, 3, 4, 5)],
      attributes: { align_corners: int(align) },
    },
    {
      op: "AffineGrid",
      opset: 20,
      inputs: [[1, 3, 4], numbers(1, 2, 3, 1, 4)],
      attributes: { align_corners: int(align) },
    },
  ]),
  { op: "Col2Im", inputs: [[2, 12, 12], numbers(4, 5), numbers(2, 2)] },
  {
    op: "Col2Im",
    inputs: [[1, 6, 4], numbers(5, 5), numbers(2, 3)],
    attributes: { strides: ints([2, 2]), pads: ints([1, 0, 0, 1]), dilations: ints([2, 1]) },
  },
  ...[18, 20].flatMap((opset) => [
    transform(opset, 1, [[2, 5, 1]]),
    transform(opset, 1, [[2, 5, 2, 2]]),
    transform(opset, 2, [[2, 3, 4, 2]], { inverse: int(1) }),
    transform(opset, 1, [[2, 6, 1]], { onesided: int(1) }),
    transform(opset, 1, [[2, 5, 1]], { onesided: int(1) }),
    transform(opset, 1, [[2, 5, 1], scalar(7)]),
    transform(opset, 1, [[2, 5, 2], scalar(3)], { inverse: int(1) }),
  ]),
  { op: "Det", inputs: [[3, 3]] },
  { op: "Det", inputs: [[2, 4, 4]] },
  { op: "OneHot", inputs: [tensor("int64", [2, 2], [0, 2, 1, -1]), scalar(3), [2]] },
  {
    op: "OneHot",
    inputs: [numbers(0, 2, 5), scalar(3), [2]],
    attributes: { axis: int(0) },
  },
  { op: "TensorScatter", opset: 24, inputs: [[2, 2, 5, 3], [2, 2, 2, 3], numbers(1, 3)] },
  {
    op: "TensorScatter",
    opset: 24,
    inputs: [[2, 5, 3], [2, 3, 3], numbers(4, 1)],
    attributes: { mode: string("circular"), axis: int(1) },
  },
]);
