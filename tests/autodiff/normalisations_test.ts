import { float, int, ints } from "../../src/onnx/attribute.ts";
import { checkGradients } from "./central_differences.ts";

const image = [2, 4, 5, 3];

checkGradients([
  { op: "InstanceNormalization", inputs: [image, [4], [4]] },
  {
    op: "InstanceNormalization",
    inputs: [[2, 3, 7], [3], [3]],
    attributes: { epsilon: float(0.1) },
  },
  {
    op: "GroupNormalization",
    inputs: [image, [2], [2]],
    attributes: { num_groups: int(2) },
  },
  {
    op: "GroupNormalization",
    inputs: [image, [4], [4]],
    attributes: { num_groups: int(2) },
    opset: 21,
  },
  { op: "RMSNormalization", inputs: [[2, 3, 5], [5]], opset: 23 },
  { op: "RMSNormalization", inputs: [[2, 3, 5], [3, 5]], attributes: { axis: int(1) }, opset: 23 },
  { op: "SimplifiedLayerNormalization", inputs: [[2, 3, 5], [5]] },
  { op: "MeanVarianceNormalization", inputs: [image] },
  { op: "MeanVarianceNormalization", inputs: [image], attributes: { axes: ints([1, 2]) } },
  { op: "LpNormalization", inputs: [[3, 5]] },
  { op: "LpNormalization", inputs: [[3, 5]], attributes: { p: int(1), axis: int(0) } },
  {
    op: "SkipLayerNormalization",
    space: "com.microsoft",
    inputs: [[2, 3, 5], [2, 3, 5], [5], [5], [5]],
  },
  { op: "SkipLayerNormalization", space: "com.microsoft", inputs: [[2, 3, 5], [2, 3, 5], [5]] },
]);
