import { type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";
import { int } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import type { QuantisePlan } from "./plan.ts";
import { quantisedBias, quantisedWeights, type WeightOptions } from "./weights.ts";

/** Smallest and largest number that a value takes. */
export type Range = readonly [least: number, most: number];

/**
 * Writes a plan into the graph as QuantizeLinear and DequantizeLinear pairs (QDQ), which engines
 * replace by integer kernels: activations uint8 with a zero point, weights int8 around 0, biases
 * int32 at the product of both scales. Weights keep their names, as what stands for the numbers.
 */
export function quantiseGraph(
  graph: Graph,
  plan: QuantisePlan,
  { ranges, ...options }: WeightOptions & { readonly ranges: ReadonlyMap<Value, Range> },
): void {
  const formOf = (value: Value) => affine(ranges.get(plan.sameAs.get(value) ?? value)!);
  // Asked before the pairs are put in, which the nodes read then.
  const scales = plan.weighted.map((node) => formOf(node.inputs[0]!).scale);
  for (const value of plan.activations) quantiseActivation(graph, value, formOf(value));
  plan.weighted.forEach((node, at) => quantiseNode(graph, node, scales[at]!, options));
}

/** One step of uint8, and the integer that stands for 0. */
interface Form {
  readonly scale: number;
  readonly zero: number;
}

/** Scale and zero point of uint8 for a range, which 0 belongs to. */
function affine([least, most]: Range): Form {
  const low = Math.min(least, 0);
  const scale = Math.fround((Math.max(most, 0) - low) / 255) || 1;
  return { scale, zero: Math.min(Math.max(Math.round(-low / scale), 0), 255) };
}

/** Lets every reader of `value` read it rounded; a graph's output stays as it is. */
function quantiseActivation(graph: Graph, value: Value, { scale, zero }: Form): void {
  const readers = [...value.consumers].filter((node) => !node.captures.includes(value));
  const scales = graph.addConstant(
    graph.fresh(`${value.name}.scale`),
    tensor("float32", [], [scale]),
  );
  const zeros = graph.addConstant(graph.fresh(`${value.name}.zero`), tensor("uint8", [], [zero]));
  const named = (what: string) => ({
    name: graph.fresh(`${value.name}.${what}`),
    outputs: [graph.fresh(`${value.name}.${what}`)],
  });
  const whole = graph.add("QuantizeLinear", [value, scales, zeros], named("quantised")).outputs[0]!;
  const back = graph.add("DequantizeLinear", [whole, scales, zeros], named("rounded")).outputs[0]!;
  whole.type = "uint8";
  back.type = "float32";
  back.shape = whole.shape = value.shape;
  for (const reader of readers) {
    reader.inputs.forEach((input, at) => input === value && graph.setInput(reader, at, back));
  }
}

function quantiseNode(graph: Graph, node: Node, scale: number, options: WeightOptions): void {
  const [, weight, bias] = node.inputs;
  const isColumns = node.opType === "MatMul" ||
    node.opType === "Gemm" && node.int("transB", 0) === 0;
  const axis = isColumns ? 1 : 0;
  const floor = bias && leastScales(bias.constant!, scale);
  const made = quantisedWeights(weight!.constant!, { axis, ...options, ...floor && { floor } });
  stored(graph, node, 1, { ...made, axis });
  if (!bias) return;
  stored(graph, node, 2, { ...quantisedBias(bias.constant!, made.scales, scale), axis: 0 });
}

/** The least scale of each channel's weights at which its bias fits into 31 bits. */
function leastScales(bias: Tensor, scale: number): number[] {
  return toNumbers(bias).map((one) => Math.abs(one) / (scale * 2 ** 30));
}

/** Puts integers and their scales in the place of a constant that `node` reads, under its name. */
function stored(
  graph: Graph,
  node: Node,
  position: number,
  { whole, scales, axis }: {
    readonly whole: Tensor;
    readonly scales: Tensor;
    readonly axis: number;
  },
): void {
  const old = node.inputs[position]!;
  graph.setInput(node, position, undefined);
  const isFree = old.consumers.size === 0 && !graph.outputs.includes(old);
  if (isFree) graph.removeSource(old);
  const name = isFree ? old.name : graph.fresh(old.name);
  const zeros = tensor(whole.type, scales.dims);
  const constants = [["integers", whole], ["scale", scales], ["zero", zeros]] as const;
  const inputs = constants.map(([what, one]) =>
    graph.addConstant(graph.fresh(`${name}.${what}`), one)
  );
  const value = graph.add("DequantizeLinear", inputs, {
    name: graph.fresh(`${name}.dequantise`),
    outputs: [name],
    attributes: scales.dims.length === 1 ? { axis: int(axis) } : {},
  }).outputs[0]!;
  value.type = "float32";
  value.shape = whole.dims;
  graph.setInput(node, position, value);
}
