import type { Attributes } from "../../../../src/autodiff/builder.ts";
import { type Tensor, tensor } from "../../../../src/tensor/tensor.ts";
import { sizeOf } from "../../../../src/tensor/shape.ts";
import { hashed } from "../../../autodiff/golden_numbers.ts";

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

/** A float32 tensor of numbers that follow from its name. */
export const random = (name: string, ...dims: number[]) =>
  tensor("float32", dims, hashed(name, sizeOf(dims)));
/** The same, at least 0.5. */
export const positive = (name: string, ...dims: number[]) => {
  const numbers = hashed(name, sizeOf(dims)).map((number) => Math.abs(number) + 0.5);
  return tensor("float32", dims, numbers);
};
/** An int64 tensor. */
export const int64 = (dims: readonly number[], ...numbers: number[]) =>
  tensor("int64", dims, numbers);
/** What the names of the runtime's own operators begin with. */
export const MS = "com.microsoft.";
