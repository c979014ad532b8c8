import { isFloat } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { isUniform } from "./merged_weights.ts";

/** Input positions that hold weights, by operator. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Attention: [1, 2],
  DeformConv: [1, 3],
  BatchNormalization: [1, 2],
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Einsum: [0, 1, 2],
  EmbedLayerNormalization: [2, 3, 4, 5, 6],
  FastGelu: [1],
  FusedConv: [1, 2],
  FusedGemm: [0, 1, 2],
  FusedMatMul: [0, 1],
  Gemm: [0, 1, 2],
  GRU: [1, 2, 3],
  GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  LSTM: [1, 2, 3, 7],
  MatMul: [0, 1],
  MatMulNBits: [5],
  MultiHeadAttention: [3],
  PRelu: [1],
  RMSNormalization: [1],
  RNN: [1, 2, 3],
  SimplifiedLayerNormalization: [1],
  SkipLayerNormalization: [2, 3, 4],
  SkipSimplifiedLayerNormalization: [2, 3],
};

/** Operators whose operands are weights where they have more than one element. */
const ELEMENTWISE = new Set(["Add", "Sub", "Mul", "Div", "Pow", "Sum", "BiasGelu", "Concat"]);

/** Operators that show the elements of their first input in another form. */
const VIEWS = new Set([
  "Cast",
  "Expand",
  "Flatten",
  "Identity",
  "Reshape",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);

/** Operators that weights also pass on their way to their place: parts of them, or bounded forms. */
const PASSING = new Set([
  ...VIEWS,
  "Abs",
  "Clip",
  "DequantizeLinear",
  "Exp",
  "LpNormalization",
  "QuantizeLinear",
  "ScatterND",
  "Slice",
  "Softplus",
  "Split",
]);

const WEIGHT_NAME = /(weight|bias|scale|gamma|beta|alpha|slope)$/i;

/**
 * The constants of a graph that are weights: those in the place of one (perhaps reshaped at run
 * time), operands of more than one element of elementwise operators, unless they normalise the
 * input or are written as Constant nodes, and what branches and loops read from around them. In the order in which the network uses them, each with the node that reads it first.
 */
export function findParameters(graph: Graph): Map<Value, Node> {
  const found = new Map<Value, Node>();
  const fromInput = inputViews(graph);
  for (const node of graph.sorted()) {
    for (const value of node.captures) {
      const constant = sourceOf(value);
      if (constant && sizeOf(constant.constant!.dims) > 1) {
        found.set(constant, found.get(constant) ?? node);
      }
    }
    node.inputs.forEach((value, position) => {
      const constant = value && sourceOf(value);
      if (!constant || found.has(constant)) return;
      if (isWeight(constant, node, position, fromInput)) found.set(constant, node);
    });
  }
  return found;
}

/** The float constant that `value` comes from. */
function sourceOf(value: Value): Value | undefined {
  let at: Value | undefined = value;
  while (at?.producer && at.producer.domain === "" && PASSING.has(at.producer.opType)) {
    at = at.producer.inputs[0];
  }
  return at?.constant && isFloat(at.constant.type) ? at : undefined;
}

function isWeight(constant: Value, node: Node, position: number, fromInput: Set<Value>): boolean {
  // Normalisation without weights is exported with ones and zeros in their place.
  if (constant.isLiteral && isUniform(constant)) return false;
  if (WEIGHTS[node.opType]?.includes(position)) {
    // Where a product's other operand is a weight as well, the first is a table of numbers.
    return position > 0 || node.opType === "Einsum" || !node.inputs[1] || !sourceOf(node.inputs[1]);
  }
  const elements = sizeOf(constant.constant!.dims);
  if (node.opType.startsWith("Gather")) {
    return position === 0 && constant.constant!.dims.length >= 2;
  }
  if (!ELEMENTWISE.has(node.opType)) return false;
  if (node.inputs.some((value) => value && fromInput.has(value))) return false;
  if (constant.isLiteral && !WEIGHT_NAME.test(constant.name)) return false;
  return elements > 1 || WEIGHT_NAME.test(constant.name) && node.opType !== "Concat";
}

/** Values that are the graph's inputs in another form, or scaled and shifted by constants. */
function inputViews(graph: Graph): Set<Value> {
  const views = new Set(graph.inputs);
  const scaling = new Set(["Add", "Sub", "Mul", "Div"]);
  for (const node of graph.sorted()) {
    const others = node.inputs.filter((value) => value && !views.has(value));
    const seen = others.length < node.inputs.filter((value) => value).length;
    const passes = VIEWS.has(node.opType) ||
      scaling.has(node.opType) && others.every((value) => value!.constant);
    if (seen && passes && node.outputs[0]) views.add(node.outputs[0]);
  }
  return views;
}
