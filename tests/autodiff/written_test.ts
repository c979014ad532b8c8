import { int, string } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";
import { checkWritten } from "./written.ts";

const classes = (dims: number[], ...values: number[]) => tensor("int64", dims, values);
const axis = (value: number) => tensor("int64", [], [value]);
const window = (...values: number[]) => tensor("float32", [values.length], values);

/** Sums of products with letters that stand for several axes, and diagonals. */
const EINSUMS: Case[] = [
  ["...ij,...jk->...ik", [2, 1, 3, 4], [2, 5, 4, 2]],
  ["...ij,jk", [2, 3, 4], [4, 2]],
  ["b...,b...->b...", [2, 3, 4], [2, 3, 4]],
  ["ii->i", [3, 3]],
  ["bii->b", [2, 3, 3]],
  ["iji,j->i", [3, 2, 3], [2]],
  ["...ii->...", [2, 3, 3]],
].map(([equation, ...inputs]) => ({
  op: "Einsum",
  inputs: inputs as number[][],
  attributes: { equation: string(equation as string) },
}));

/** The losses that are operators; `NegativeLogLikelihoodLoss` reads any numbers. */
const LOSSES: Case[] = ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"].flatMap((op) => [
  { op, inputs: [[4, 3], classes([4], 2, 0, 1, 1)] },
  { op, inputs: [[4, 3], classes([4], 2, 0, 1, 1), window(0.5, 2, 1)] },
  ...["none", "sum", "mean"].map((reduction) => ({
    op,
    inputs: [[2, 3, 2], classes([2, 2], 2, -1, 1, 0), window(0.5, 2, 1)],
    attributes: { reduction: string(reduction), ignore_index: int(-1) },
  })),
]);

/** Spectra of parts of signals. */
const SPECTRA: Case[] = [
  { inputs: [[2, 10, 1], axis(2), window(0.3, 1, 1, 0.4)] },
  { inputs: [[2, 10], axis(2), window(0.3, 1, 1, 0.4)] },
  { inputs: [[2, 10, 1], axis(3), undefined, axis(5)], attributes: { onesided: int(0) } },
  { inputs: [[1, 9, 2], axis(4), undefined, axis(3)], attributes: { onesided: int(0) } },
].map((row) => ({ op: "STFT", ...row as Omit<Case, "op"> }));

checkWritten([
  ...LOSSES,
  { op: "SoftmaxCrossEntropyLoss", inputs: [[4, 3], classes([4], 2, 0, 1, 1)], outputs: 2 },
  ...SPECTRA,
  ...[{}, { exclusive: int(1) }, { reverse: int(1) }, { exclusive: int(1), reverse: int(1) }].map((
    attributes,
  ) => ({ op: "CumProd", opset: 26, inputs: [[2, 4, 3], axis(1)], attributes })),
]);

// The engine's own is wrong for complex signals under a window.
checkGradients([...EINSUMS, {
  op: "STFT",
  inputs: [[1, 9, 2], axis(4), window(0.2, 1, 0.7)],
  attributes: { onesided: int(0) },
}]);
