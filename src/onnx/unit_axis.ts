import type { Node, Value } from "./graph.ts";

/**
 * The axis of a weight along which the units lie that it feeds: output channels of a convolution, outputs
 * of a product. `undefined` where the weight is none of several units, such as a bias.
 */
export function unitAxis(weight: Value): number | undefined {
  const rank = (weight.shape ?? weight.constant?.dims)?.length ?? 0;
  if (rank < 2) return undefined;
  for (const node of weight.consumers) {
    const axis = axisIn(node, weight, rank);
    if (axis !== undefined) return axis;
  }
  return 0;
}

function axisIn(node: Node, weight: Value, rank: number): number | undefined {
  const isSecond = node.inputs[1] === weight;
  switch (node.opType) {
    case "Cast":
    case "Identity":
      return node.outputs[0] && behind(node.outputs[0], rank);
    case "Transpose": {
      const order = node.ints("perm") ?? Array.from({ length: rank }, (_, at) => rank - 1 - at);
      const after = node.outputs[0] && behind(node.outputs[0], rank);
      return after === undefined ? undefined : order[after];
    }
    case "ConvTranspose":
      return 1;
    case "Gemm":
      return isSecond
        ? 1 - Number(node.int("transB", 0) === 1)
        : Number(node.int("transA", 0) === 1);
    case "MatMul":
      return isSecond ? rank - 1 : rank - 2;
    case "GRU":
    case "LSTM":
    case "RNN":
      return 1;
    default:
      return undefined;
  }
}

/** The axis of what a weight has become on its way. */
function behind(value: Value, rank: number): number | undefined {
  for (const node of value.consumers) {
    const axis = axisIn(node, value, rank);
    if (axis !== undefined) return axis;
  }
  return 0;
}
