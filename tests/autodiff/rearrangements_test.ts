import { float, int, string } from "../../src/onnx/attribute.ts";
import { int64s, tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";

const integers = (...values: number[]) => int64s(values);
const table = (dims: number[], ...values: number[]) => int64s(values, dims);
const empty = tensor("float32", [0], []);
const scales = (...values: number[]) => tensor("float32", [values.length], values);

/** Every mode of resizing that the runtime has, by scales and by sizes. */
const RESIZES: Case[] = ["nearest", "linear", "cubic"].flatMap((mode) =>
  ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"].flatMap((coordinates) => [
    {
      op: "Resize",
      inputs: [[1, 2, 4, 5], empty, scales(1, 1, 2, 1.6)],
      attributes: {
        mode: string(mode),
        coordinate_transformation_mode: string(coordinates),
      },
    },
    {
      op: "Resize",
      inputs: [[1, 2, 5, 6], empty, empty, integers(1, 2, 7, 3)],
      attributes: {
        mode: string(mode),
        coordinate_transformation_mode: string(coordinates),
      },
    },
  ])
);

checkGradients([
  { op: "DepthToSpace", inputs: [[2, 8, 2, 3]], attributes: { blocksize: int(2) } },
  {
    op: "DepthToSpace",
    inputs: [[2, 8, 2, 3]],
    attributes: { blocksize: int(2), mode: string("CRD") },
  },
  { op: "SpaceToDepth", inputs: [[2, 3, 4, 6]], attributes: { blocksize: int(2) } },
  { op: "Tile", inputs: [[2, 3], integers(2, 3)] },
  { op: "Trilu", inputs: [[2, 4, 4], int64s([1], [])], attributes: { upper: int(0) } },
  { op: "Trilu", inputs: [[3, 4]] },
  { op: "ReverseSequence", inputs: [[4, 2, 3], integers(3, 2)] },
  { op: "GatherND", inputs: [[3, 4, 2], table([3, 2], 0, 1, 2, -1, 0, 1)] },
  { op: "GatherND", inputs: [[3, 4], table([2, 2, 1], 0, 2, 2, -3)] },
  { op: "GatherElements", inputs: [[3, 2], table([2, 2], 0, 2, 2, 0)] },
  {
    op: "GatherND",
    inputs: [[2, 3, 4, 2], table([2, 3, 2], 0, 1, 2, -1, 0, 1, 1, 1, 1, 1, -3, 0)],
    attributes: { batch_dims: int(1) },
  },
  {
    op: "GatherND",
    inputs: [[2, 3, 4], table([2, 3, 1], 0, 1, -1, 3, 0, 0)],
    attributes: { batch_dims: int(2) },
  },
  ...["add", "mul", "max", "min"].flatMap((reduction) => [
    {
      op: "ScatterElements",
      inputs: [[3, 4], table([3, 2], 1, 0, 1, 1, 0, 1), [3, 2]],
      attributes: { reduction: string(reduction) },
    },
    {
      op: "ScatterND",
      inputs: [[4, 3], table([3, 1], 2, 0, -2), [3, 3]],
      attributes: { reduction: string(reduction) },
    },
  ]),
  {
    op: "ScatterElements",
    inputs: [
      [2, 3],
      table([2, 2], 1, 0, 1, 2),
      tensor("float32", [2, 2], [0, 2, 0, 0]),
    ],
    attributes: { reduction: string("mul"), axis: int(1) },
  },
  { op: "ScatterND", inputs: [[4, 3], table([2, 1], 2, 0), [2, 3]] },
  {
    op: "ScatterND",
    inputs: [[4, 3], table([2, 1], 2, 0), [2, 3]],
    attributes: { reduction: string("add") },
  },
  { op: "ScatterElements", inputs: [[3, 4], table([2, 2], 1, 0, 2, 1), [2, 2]] },
  {
    op: "ScatterElements",
    inputs: [[3, 4], table([2, 2], 1, 0, 1, 3), [2, 2]],
    attributes: { axis: int(1), reduction: string("add") },
  },
  { op: "TopK", inputs: [[3, 6], integers(2)], outputs: 2, through: 1 },
  {
    op: "TopK",
    inputs: [[6, 3], integers(2)],
    attributes: { axis: int(0), largest: int(0) },
    outputs: 2,
    through: 1,
  },
  ...RESIZES,
  {
    op: "Resize",
    inputs: [[2, 3, 4, 4], empty, scales(1, 1, 0.5, 0.5)],
    attributes: { mode: string("linear"), antialias: int(1), cubic_coeff_a: float(-0.5) },
  },
]);
