import { type Attribute, float, int, ints, string } from "../onnx/attribute.ts";
import type { Value } from "../onnx/graph.ts";
import type { DataType } from "../tensor/dtype.ts";

/** Attributes written plainly: numbers are integers, `{ float }` marks the others. */
export type Attributes = Readonly<
  Record<string, number | string | readonly number[] | { readonly float: number } | undefined>
>;

/** What an operator gives: element type and static shape of one output. */
export interface OutputInfo {
  /** Element type. */
  readonly type: DataType;
  /** Shape. */
  readonly shape: readonly number[];
}

/** The static shape of a value. Throws `TypeError` where it is not known. */
export function dimsOf(value: Value): readonly number[] {
  if (!value.shape?.every((dim) => typeof dim === "number")) {
    throw new TypeError(
      `The shape of "${value.name}" is [${
        value.shape ?? "unknown"
      }]; a gradient needs every size. ` +
        "Fix the sizes of the model's inputs",
    );
  }
  return value.shape as readonly number[];
}

/** The element type of a value. Throws `TypeError` where it is not known. */
export function typeOf(value: Value): DataType {
  if (!value.type) throw new TypeError(`The element type of "${value.name}" is not known`);
  return value.type;
}

/** The type in which numbers of `type` are added up: the runtime scatters no sums of 16 bits. */
export function summable(type: DataType): DataType {
  return type === "float16" || type === "bfloat16" ? "float32" : type;
}

/** An attribute as a node holds it. */
export function encode(
  value: number | string | readonly number[] | { readonly float: number },
): Attribute {
  if (typeof value === "number") return int(value);
  if (typeof value === "string") return string(value);
  return "float" in value ? float(value.float) : ints(value);
}

/** Comparisons. */
export type Comparison = "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual";

/** Elementwise operators of one input and no attributes. */
export type Unary =
  | ("Abs" | "Cos" | "Cosh" | "Erf" | "Exp" | "Floor" | "Log" | "Neg" | "Not" | "Reciprocal")
  | ("Relu" | "Sigmoid" | "Sign" | "Sin" | "Sinh" | "Softplus" | "Sqrt" | "Tanh");

/** A number as text, so that 0 and -0 differ. */
export function bits(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
