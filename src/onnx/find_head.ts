import { sizeOf } from "../tensor/shape.ts";
import { toNumbers } from "../tensor/tensor.ts";
import type { Graph, Node, Value } from "./graph.ts";

/** The classifier at the end of a network. */
export interface Head {
  /** `linear`: a matrix product over features `[N, D]`; `conv`: a 1×1 convolution. */
  readonly kind: "linear" | "conv";
  /** What feeds it. */
  readonly features: Value;
  /** Number of features, or channels, it reads. */
  readonly inFeatures: number;
  /** What it gives, before any activation. */
  readonly logits: Value;
  /** Its nodes: the product, and the addition of the bias where that is a node of its own. */
  readonly nodes: readonly Node[];
}

/** Operators that may stand between the classifier and the output. */
const AFTER = new Set([
  "AveragePool",
  "Cast",
  "Dropout",
  "Flatten",
  "GlobalAveragePool",
  "Identity",
  "LogSoftmax",
  "LpNormalization",
  "ReduceMean",
  "Relu",
  "Reshape",
  "Sigmoid",
  "Softmax",
  "Squeeze",
  "Transpose",
]);

/**
 * The classifier of a graph, looked for from its first output backwards: Gemm, MatMul with or
 * without an Add, or a 1×1 Conv before or after global pooling.
 */
export function findHead(graph: Graph): Head | undefined {
  let value = graph.outputs[0];
  for (let next = value && before(value); next; next = before(next)) value = next;
  return value?.producer && headAt(value);
}

/** What an operator after the classifier reads; `undefined` where the value is no such operator's. */
function before({ producer }: Value): Value | undefined {
  if (!producer || producer.domain !== "") return undefined;
  if (AFTER.has(producer.opType)) return producer.inputs[0];
  const [first, second] = producer.inputs;
  const stretches = producer.opType === "Mul" || producer.opType === "Add";
  // A bias of one number is added to a product, and is part of the classifier.
  const isBias = first?.producer?.opType === "MatMul";
  return stretches && second?.constant && sizeOf(second.constant.dims) === 1 && !isBias
    ? first
    : undefined;
}

/** The weights of the head. */
export function headParameters(graph: Graph, head: Head): Set<Value> {
  const own = new Set<Value>();
  const inside = new Set<Value>([head.features]);
  // An MLP head of Graft's own has several layers, all of them named after it.
  for (const value of graph.constants()) if (value.name.startsWith("head.")) own.add(value);
  const visit = (value: Value | undefined) => {
    if (!value || inside.has(value)) return;
    inside.add(value);
    if (value.constant) own.add(value);
    value.producer?.inputs.forEach(visit);
  };
  for (const node of head.nodes) node.inputs.forEach(visit);
  return own;
}

function headAt(logits: Value): Head | undefined {
  const node = logits.producer!;
  if (node.opType === "Gemm") return linear(logits, node, [node], node.int("transB", 0) === 1);
  if (node.opType === "MatMul") return linear(logits, node, [node], false);
  if (node.opType === "Conv") return conv(logits, node);
  if (node.opType !== "Add") return undefined;
  const product = node.inputs.map((value) => value?.producer).find((one) =>
    one?.opType === "MatMul"
  );
  return product && linear(logits, product, [product, node], false);
}

function linear(
  logits: Value,
  product: Node,
  nodes: readonly Node[],
  transposed: boolean,
): Head | undefined {
  const [features, weight] = product.inputs;
  const shape = weight && (weight.shape ?? weightShape(weight));
  const size = shape?.[shape.length - (transposed ? 1 : 2)];
  if (!features || features.constant || typeof size !== "number") return undefined;
  return { kind: "linear", features, inFeatures: size, logits, nodes };
}

/** The shape of a weight that may be turned or reshaped at run time. */
function weightShape({ constant, producer }: Value): readonly number[] | undefined {
  if (constant) return constant.dims;
  const [from, target] = producer?.inputs ?? [];
  const size = from && weightShape(from);
  if (!size) return undefined;
  switch (producer!.opType) {
    case "Cast":
    case "Identity":
    case "LpNormalization":
      return size;
    case "Reshape": {
      const after = target?.constant && toNumbers(target.constant);
      return after?.every((dim) => dim > 0) ? after : undefined;
    }
    case "Transpose": {
      const order = producer!.ints("perm") ?? size.map((_, axis) => axis).reverse();
      return order.map((axis) => size[axis]!);
    }
    default:
      return undefined;
  }
}

function conv(logits: Value, node: Node): Head | undefined {
  const [features, weight] = node.inputs;
  const dims = weight?.constant?.dims;
  const pointwise = dims?.slice(2).every((size) => size === 1) && node.int("group", 1) === 1;
  if (!features || !dims || !pointwise) return undefined;
  return { kind: "conv", features, inFeatures: dims[1]!, logits, nodes: [node] };
}
