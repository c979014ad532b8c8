import { int } from "../../src/onnx/attribute.ts";
import { int64s } from "../../src/tensor/tensor.ts";
import { checkGradients } from "./central_differences.ts";

const positive = (x: number) => Math.abs(x) + 0.5;
const integers = (...values: number[]) => int64s(values);

checkGradients([
  ...["ReduceMax", "ReduceMin", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare"].flatMap((op) => [
    { op, inputs: [[2, 3, 4], integers(1)] },
    { op, inputs: [[2, 3, 4], integers(0, -1)], attributes: { keepdims: int(0) } },
    { op, inputs: [[2, 3]] },
  ]),
  ...["ReduceL1", "ReduceLogSum", "ReduceProd"].flatMap((op) => [
    { op, inputs: [[2, 3, 4], integers(1)], domain: positive },
    { op, inputs: [[2, 3], integers(0)], attributes: { keepdims: int(0) }, domain: positive },
  ]),
  { op: "CumSum", inputs: [[3, 4], integers(1)] },
  {
    op: "CumSum",
    inputs: [[3, 4], integers(0)],
    attributes: { exclusive: int(1), reverse: int(1) },
  },
]);
