import { type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";
import type { Graph, Node, Value } from "../graph.ts";

/**
 * Batch normalisation by running statistics becomes part of the convolution before it, which gets
 * weights W·γ/√(σ² + ε) and a bias β + (b − μ)·γ/√(σ² + ε). Only where all of that is constant and
 * nothing else reads the convolution.
 */
export function foldBatchNorm(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    const conv = node.inputs[0]?.producer;
    if (conv && isFoldable(graph, node, conv)) fold(graph, node, conv);
  }
  graph.prune();
}

function isFoldable(graph: Graph, node: Node, conv: Node): boolean {
  const isNorm = node.opType === "BatchNormalization" && node.domain === "" &&
    node.int("training_mode", 0) === 0;
  const [between] = conv.outputs;
  const [, weight, bias] = conv.inputs;
  return isNorm && conv.opType === "Conv" && conv.domain === "" &&
    between!.consumers.size === 1 && !graph.outputs.includes(between!) &&
    weight?.constant?.type === "float32" && (!bias || bias.constant !== undefined) &&
    node.inputs.slice(1).every((value) => value?.constant?.type === "float32");
}

function fold(graph: Graph, node: Node, conv: Node): void {
  const [gamma, beta, mean, variance] = node.inputs.slice(1).map((value) =>
    toNumbers(value!.constant!)
  );
  const epsilon = node.float("epsilon", 1e-5);
  const factors = gamma!.map((one, c) => one / Math.sqrt(variance![c]! + epsilon));
  const [, weight, bias] = conv.inputs;
  const { dims, data } = weight!.constant as Tensor<"float32">;
  const inner = data.length / factors.length;
  const scaled = data.map((one, at) => one * factors[Math.floor(at / inner)]!);
  const before = bias ? toNumbers(bias.constant!) : factors.map(() => 0);
  const shifted = factors.map((factor, c) => beta![c]! + (before[c]! - mean![c]!) * factor);
  const name = weight!.name;
  graph.setInput(conv, 1, replaced(graph, weight!, conv, tensor("float32", dims, scaled)));
  const made = tensor("float32", [factors.length], Float32Array.from(shifted));
  const free = name.replace(/weight$/, "bias");
  graph.setInput(
    conv,
    2,
    bias
      ? replaced(graph, bias, conv, made)
      : graph.addConstant(graph.values.has(free) ? graph.fresh(free) : free, made),
  );
  graph.replaceUses(node.outputs[0]!, conv.outputs[0]!);
}

/** The constant with other elements; a copy where other nodes read it too. */
function replaced(graph: Graph, value: Value, reader: Node, constant: Tensor): Value {
  const isShared = [...value.consumers].some((node) => node !== reader);
  if (isShared) return graph.addConstant(graph.fresh(value.name), constant);
  value.constant = constant;
  return value;
}
