import { float, int, ints, string } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { Case } from "./central_differences.ts";
import { checkWritten } from "./written.ts";

/** Points of a 3×2 grid on two pictures, some outside, none on a kink of 4×5 elements. */
const POINTS = [
  ...[-0.93, -0.81, 0.17, 0.33, 1.37, 0.71, -1.43, 1.27, 0.47, -0.21, 0.61, 0.87],
  ...[0.21, -0.63, -0.47, 0.11, 0.93, -1.29, 0.53, 0.67, -0.11, 0.41, -0.77, -0.07],
];
const grid = tensor("float32", [2, 3, 2, 2], POINTS);
const modes = ["zeros", "border", "reflection"];

function sample(mode: string, padding: string, align: number, rest: Partial<Case> = {}): Case {
  return {
    op: "GridSample",
    opset: 20,
    inputs: [[2, 3, 4, 5], grid],
    attributes: {
      mode: string(mode),
      padding_mode: string(padding),
      align_corners: int(align),
    },
    ...rest,
  };
}

checkWritten([
  ...modes.flatMap((padding) =>
    [0, 1].flatMap((align) =>
      ["nearest", "linear", "cubic"].map((mode) => sample(mode, padding, align))
    )
  ),
  ...modes.map((padding) =>
    sample("bilinear", padding, 0, { opset: 18, inputs: [[2, 3, 4, 5], grid] })
  ),
  ...modes.map((padding) =>
    sample("linear", padding, 0, {
      inputs: [[1, 2, 3, 4, 2], tensor("float32", [1, 2, 2, 2, 3], POINTS)],
    })
  ),
  // The points themselves: within the picture, away from where neighbours change.
  ...["linear", "cubic"].map((mode) =>
    sample(mode, "zeros", 0, {
      inputs: [tensor("float32", [1, 1, 2, 2], [0.3, -1.2, 0.9, 2]), [1, 2, 2, 2]],
      domain: (x) => 0.35 * Math.tanh(x),
    })
  ),
  {
    op: "RoiAlign",
    inputs: [
      [2, 3, 6, 5],
      tensor("float32", [3, 4], [0.3, 0.7, 7.1, 9.3, -3, 1, 4, 6, 2, 2, 3, 3]),
      tensor("int64", [3], [1, 0, 1]),
    ],
    attributes: {
      output_height: int(2),
      output_width: int(3),
      sampling_ratio: int(2),
      spatial_scale: float(0.5),
    },
  },
  {
    op: "RoiAlign",
    inputs: [
      [1, 2, 6, 5],
      tensor("float32", [1, 4], [0.3, 0.7, 7.1, 9.3]),
      tensor("int64", [1], [0]),
    ],
    attributes: {
      output_height: int(3),
      output_width: int(2),
      sampling_ratio: int(3),
      spatial_scale: float(0.4),
      coordinate_transformation_mode: string("output_half_pixel"),
      mode: string("max"),
    },
  },
  {
    op: "MaxRoiPool",
    inputs: [
      [2, 3, 6, 5],
      tensor("float32", [3, 5], [1, 0, 1, 6, 9, 0, 2, 2, 9, 5, 1, 4, 4, 4, 5]),
    ],
    attributes: { pooled_shape: ints([2, 3]), spatial_scale: float(0.5) },
  },
]);
