import { assertRejects } from "@std/assert";
import { NotDifferentiableError } from "../../src/autodiff/gradients.ts";
import { float, int } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { Case } from "./central_differences.ts";
import { hashed } from "./golden_numbers.ts";
import { differentiate } from "./one_operator.ts";
import { checkWritten } from "./written.ts";

const space = "com.microsoft";
const numbers = (name: string, ...dims: number[]) =>
  tensor("float32", dims, hashed(name, dims.reduce((a, b) => a * b)));
const int32 = (dims: number[], ...values: number[]) => tensor("int32", dims, values);

/** Two sequences of five, eight numbers each, two heads. */
const ATTENTIONS: Readonly<Record<string, Case>> = {
  "without a mask": { op: "Attention", space, inputs: [[2, 5, 8], [8, 24], [24]] },
  "by lengths": {
    op: "Attention",
    space,
    inputs: [[2, 5, 8], [8, 24], [24], int32([2], 3, 5)],
  },
  "by marks": {
    op: "Attention",
    space,
    inputs: [[2, 5, 8], [8, 24], [24], int32([2, 5], 1, 1, 0, 0, 0, 1, 1, 1, 1, 0)],
  },
  "looking back only": {
    op: "Attention",
    space,
    inputs: [[2, 5, 8], [8, 24], [24]],
    attributes: { unidirectional: int(1), scale: float(0.3) },
  },
};

const heads = { num_heads: int(2) };
const bool = (dims: number[], values: number[]) => tensor("bool", dims, values);
/** Marks of 2 rows and 5 keys, all but some. */
const marks = [1, 1, 1, 0, 0, 1, 1, 1, 1, 0];
const own = { q_num_heads: int(2), kv_num_heads: int(2) };

/** The runtime's attention over queries, keys and values. */
const MULTI_HEAD: Case[] = [
  { inputs: [[2, 3, 8], [2, 5, 8], [2, 5, 6]] },
  { inputs: [[2, 3, 8], [2, 5, 8], [2, 5, 8], [24]], attributes: { scale: float(0.4) } },
  { inputs: [[2, 3, 8], [2, 2, 5, 4], [2, 2, 5, 4]] },
  { inputs: [[2, 5, 8], [2, 5, 8], [2, 5, 8]], attributes: { unidirectional: int(1) } },
  {
    inputs: [[2, 3, 8], [2, 5, 8], [2, 5, 8], undefined, int32([2, 5], ...marks), [2, 2, 3, 5]],
  },
].map((row) => ({
  op: "MultiHeadAttention",
  space,
  ...row as Omit<Case, "op">,
  attributes: { ...heads, ...row.attributes },
}));

/** ONNX's own attention. */
const STANDARD: Case[] = [
  { inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 6]] },
  { inputs: [[2, 3, 8], [2, 5, 8], [2, 5, 6]], attributes: own },
  { inputs: [[2, 4, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]], attributes: { scale: float(0.3) } },
  { inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]], attributes: { is_causal: int(1) } },
  { inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4], [3, 5]] },
  { inputs: [[2, 2, 2, 4], [2, 2, 5, 4], [2, 2, 5, 4], bool([2, 5], marks)] },
  { inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]], attributes: { softcap: float(0.7) } },
  // A query for which no key counts.
  {
    inputs: [
      [2, 2, 2, 4],
      [2, 2, 5, 4],
      [2, 2, 5, 4],
      bool([2, 5], marks.toSpliced(5, 5, 0, 0, 0, 0, 0)),
    ],
    attributes: { qk_matmul_output_mode: int(3) },
    outputs: 4,
  },
  {
    inputs: [
      [2, 2, 3, 4],
      [2, 2, 3, 4],
      [2, 2, 3, 4],
      [3, 5],
      [2, 2, 2, 4],
      [2, 2, 2, 4],
    ],
    attributes: { softcap: float(0.7), qk_matmul_output_mode: int(1) },
    outputs: 4,
  },
  {
    inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]],
    attributes: { softcap: float(0.7), qk_matmul_output_mode: int(2) },
    outputs: 4,
  },
  {
    inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]],
    attributes: { qk_matmul_output_mode: int(3) },
    outputs: 4,
  },
  {
    inputs: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4], , , , tensor("int64", [2], [3, 5])],
  },
].map((row) => ({ op: "Attention", opset: 24, ...row as Omit<Case, "op"> }));

const places = tensor("int64", [2, 3], [0, 2, 4, 1, 3, 3]);
const ROTARY: Case[] = [
  { inputs: [[2, 2, 3, 6], numbers("cos", 5, 3), numbers("sin", 5, 3), places] },
  { inputs: [[2, 2, 3, 6], [2, 3, 3], [2, 3, 3]] },
  {
    inputs: [[2, 3, 12], numbers("cos", 5, 3), numbers("sin", 5, 3), places],
    attributes: { ...heads, interleaved: int(1) },
  },
  {
    inputs: [[2, 2, 3, 6], numbers("cos", 5, 2), numbers("sin", 5, 2), places],
    attributes: { ...heads, rotary_embedding_dim: int(4) },
  },
].map((row) => ({ op: "RotaryEmbedding", opset: 23, ...row as Omit<Case, "op"> }));
const FUSED_ROTARY: Case[] = [
  { inputs: [[2, 3, 12], places, numbers("cos", 5, 3), numbers("sin", 5, 3)] },
  {
    inputs: [
      [2, 2, 3, 6],
      tensor("int64", [1], [1]),
      numbers("cos", 5, 3),
      numbers("sin", 5, 3),
    ],
    attributes: { interleaved: int(1) },
  },
].map((row) => ({ op: "RotaryEmbedding", space, ...row as Omit<Case, "op"> }));

checkWritten([
  ...Object.values(ATTENTIONS).map((row) => ({
    ...row,
    attributes: { ...row.attributes, ...heads },
  })),
  ...MULTI_HEAD,
  ...STANDARD,
  ...ROTARY,
  ...FUSED_ROTARY,
  {
    op: "SkipSimplifiedLayerNormalization",
    space,
    inputs: [[2, 3, 4], [2, 3, 4], [4], [4]],
  },
]);

Deno.test("a node whose outputs are not all made stays, which the error says", async () => {
  const inputs = ["input", "skip"].map((name) => ({
    tensor: numbers(name, 2, 3, 4),
    isConstant: false,
  }));
  const op = "SkipSimplifiedLayerNormalization";
  const row = {
    op,
    domain: space,
    inputs: [...inputs, { tensor: numbers("gamma", 4), isConstant: true }],
    outputs: 2,
    weights: (position: number) => position === 0 ? numbers("weights", 2, 3, 4) : undefined,
  };
  await differentiate({ ...row, omitted: [1] });
  await assertRejects(() => differentiate(row), NotDifferentiableError, "cannot be rewritten");
});
