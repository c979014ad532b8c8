import type { DataType } from "../tensor/dtype.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { fromHalfBits } from "../tensor/half.ts";
import { int } from "./attribute.ts";
import type { Graph, Node } from "./graph.ts";
import { ONNX_TYPE_NUMBERS } from "./types.ts";

/** Attributes that name an element type. */
const TYPE_ATTRIBUTES = ["to", "dtype", "output_dtype"];

/**
 * A graph of 16-bit floats in float32, which training needs for its small steps: weights, inputs,
 * outputs and the types that nodes convert to.
 */
export function singlePrecision(graph: Graph): void {
  for (const value of graph.values.values()) {
    if (value.constant) value.constant = widened(value.constant);
    if (isHalf(value.type)) value.type = "float32";
  }
  for (const node of graph.nodes) widenAttributes(node);
}

function widenAttributes(node: Node): void {
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind === "tensor" && isHalf(attribute.value.type)) {
      node.attributes.set(name, { kind: "tensor", value: widened(attribute.value) });
    }
    const isType = attribute.kind === "int" && TYPE_ATTRIBUTES.includes(name);
    if (
      isType &&
      [ONNX_TYPE_NUMBERS.float16, ONNX_TYPE_NUMBERS.bfloat16].includes(attribute.value)
    ) {
      node.attributes.set(name, int(ONNX_TYPE_NUMBERS.float32));
    }
  }
}

function isHalf(type: DataType | undefined): boolean {
  return type === "float16" || type === "bfloat16";
}

/** The same numbers as float32; other types stay as they are. */
function widened(one: Tensor): Tensor {
  return one.type === "float16" || one.type === "bfloat16"
    ? tensor("float32", one.dims, fromHalfBits(one.type, one.data as Uint16Array))
    : one;
}
