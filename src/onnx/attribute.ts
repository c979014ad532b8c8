import type { Tensor } from "../tensor/tensor.ts";

/** The value of a node's attribute, by ONNX's own kinds. */
export type AttributeValue =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  /** A subgraph, sparse tensor, type or list of those: kept as it was read. */
  | { readonly kind: "other" };

/** An attribute as a node holds it; `source` is the message it was read from and is written back as it was. */
export type Attribute = AttributeValue & { readonly source?: object };

/** An integer attribute. */
export function int(value: number): Attribute {
  return { kind: "int", value };
}

/** A float attribute. */
export function float(value: number): Attribute {
  return { kind: "float", value };
}

/** A list of integers. */
export function ints(value: readonly number[]): Attribute {
  return { kind: "ints", value };
}

/** A string attribute. */
export function string(value: string): Attribute {
  return { kind: "string", value };
}
