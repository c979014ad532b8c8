import { int, ints } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { checkWritten } from "./written.ts";

const offsets = (...dims: number[]) =>
  tensor(
    "float32",
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => 0.37 * Math.sin(3 * i) + 0.01),
  );

checkWritten([
  { op: "DeformConv", opset: 19, inputs: [[1, 2, 4, 4], [3, 2, 2, 2], offsets(1, 8, 3, 3)] },
  {
    op: "DeformConv",
    opset: 19,
    inputs: [[2, 4, 5, 5], [4, 2, 3, 3], offsets(2, 36, 3, 3), [4], [2, 18, 3, 3]],
    attributes: {
      group: int(2),
      offset_group: int(2),
      pads: ints([1, 1, 1, 1]),
      strides: ints([2, 2]),
      kernel_shape: ints([3, 3]),
    },
  },
  {
    op: "DeformConv",
    opset: 22,
    inputs: [[1, 1, 6, 5], [1, 1, 2, 2], offsets(1, 8, 4, 3)],
    attributes: { dilations: ints([2, 2]), kernel_shape: ints([2, 2]) },
  },
  // The offsets themselves, small enough to stay between the same elements.
  {
    op: "DeformConv",
    opset: 19,
    inputs: [
      tensor("float32", [1, 1, 3, 3], [0.2, 1, -0.4, 0.8, -1.3, 0.5, 0.1, 0.7, -0.9]),
      tensor("float32", [1, 1, 2, 2], [1, -0.5, 0.3, 0.8]),
      [1, 8, 2, 2],
    ],
    domain: (x) => 0.4 + 0.2 * Math.tanh(x),
  },
]);
