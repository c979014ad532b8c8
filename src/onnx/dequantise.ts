import { positiveAxis, sizeOf } from "../tensor/shape.ts";
import { type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import type { Graph, Node } from "./graph.ts";

/**
 * Weights that are stored as integers with scales become the numbers that they stand for, so that
 * they can be trained: (x − zero point)·scale. What quantises activations stays.
 */
export function dequantiseWeights(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.opType !== "DequantizeLinear") continue;
    const [x, scale, zero] = node.inputs;
    const isStored = x?.constant && scale?.constant && (!zero || zero.constant);
    if (!isStored || scale.constant!.type !== "float32") continue;
    graph.makeConstant(node.outputs[0]!, numbersOf(node));
    for (const value of [x, scale, zero]) {
      if (value?.consumers.size === 0 && !graph.outputs.includes(value)) graph.removeSource(value);
    }
  }
}

function numbersOf(node: Node): Tensor {
  const [whole, scale, zero] = node.inputs.map((value) => value?.constant);
  const { dims } = whole!;
  const numbers = toNumbers(whole!);
  const scales = toNumbers(scale!);
  const zeros = zero && toNumbers(zero);
  const place = placeOf(node, dims, scale!.dims);
  const data = new Float32Array(numbers.length);
  for (let i = 0; i < data.length; i++) {
    const at = place(i);
    data[i] = (numbers[i]! - (zeros ? zeros[at]! : 0)) * scales[at]!;
  }
  return tensor("float32", dims, data);
}

/** Which scale belongs to an element: the only one, one an index of an axis, or one a block along it. */
function placeOf(
  node: Node,
  dims: readonly number[],
  scales: readonly number[],
): (index: number) => number {
  if (sizeOf(scales) === 1) return () => 0;
  const axis = positiveAxis(node.int("axis", 1), dims.length);
  const inner = sizeOf(dims.slice(axis + 1));
  const size = dims[axis]!;
  if (scales.length === 1) return (index) => Math.floor(index / inner) % size;
  const block = node.int("block_size", 1);
  return (index) => {
    const along = Math.floor(Math.floor(index / inner) % size / block);
    return (Math.floor(index / (inner * size)) * scales[axis]! + along) * inner + index % inner;
  };
}
