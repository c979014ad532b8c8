import { type Rng, rng } from "../../tensor/rng.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { float, int, ints } from "../attribute.ts";
import type { Graph, Value } from "../graph.ts";
import type { HeadBuilder } from "./head.ts";

/** Sizes and names of a head. */
export interface HeadPlace {
  /** Number of features that it reads. */
  readonly inFeatures: number;
  /** Number of outputs. */
  readonly outputs: number;
  /** Seed of its weights. */
  readonly seed: number;
  /** Name of its output. */
  readonly name: string;
  /** What the names of its weights begin with. @default {"head"} */
  readonly stem?: string;
}

/** Adds a head's layers to a graph and gives its output `[N, outputs]` under the name given. */
export function addHead(graph: Graph, features: Value, head: HeadBuilder, place: HeadPlace): Value {
  const { stem = "head", seed } = place;
  const widths = [...head.hidden, place.outputs];
  const before = head.normalised === "before";
  let value = features;
  let fanIn = place.inFeatures;
  widths.forEach((width, layer) => {
    const last = layer === widths.length - 1;
    const own = head.hidden.length === 0 ? stem : `${stem}.${layer}`;
    if (before) value = regulated(graph, value, fanIn, head, { own, last });
    const made: Layer = { own, width, fanIn, random: rng(seed, "head", layer) };
    if (last) value = finished(graph, value, head, made, place.name);
    else {
      const hasBias = !head.batchNorm;
      value = product(graph, value, made, { bias: hasBias });
      if (!before && head.batchNorm) value = batchNorm(graph, value, width, own);
      value = graph.add("Relu", [value], { name: `${own}.relu` }).outputs[0]!;
      if (!before && head.dropout > 0) {
        value = addDropout(graph, value, head.dropout, `${own}.dropout`);
      }
    }
    fanIn = width;
  });
  return value;
}

interface Layer {
  /** What its names begin with. */
  readonly own: string;
  readonly width: number;
  readonly fanIn: number;
  readonly random: Rng;
}

/** Batch normalisation and dropout before a layer; only the last one drops with the whole probability. */
function regulated(
  graph: Graph,
  value: Value,
  width: number,
  head: HeadBuilder,
  { own, last }: { readonly own: string; readonly last: boolean },
): Value {
  const normal = head.batchNorm ? batchNorm(graph, value, width, own) : value;
  const ratio = last ? head.dropout : head.dropout / 2;
  return ratio > 0 ? addDropout(graph, normal, ratio, `${own}.dropout`) : normal;
}

/** The last layer, and what the head does to its outputs. */
function finished(
  graph: Graph,
  value: Value,
  head: HeadBuilder,
  layer: Layer,
  name: string,
): Value {
  const { cosineScale: scale, range, unitLength, normalised } = head;
  const { own } = layer;
  if (scale !== undefined) {
    const rows = unit(graph, value, `${own}.normalise`);
    return product(graph, rows, layer, { bias: false, scale, name });
  }
  const bias = normalised !== "before";
  if (unitLength) {
    return unit(graph, product(graph, value, layer, { bias }), `${own}.normalise`, name);
  }
  if (!range) return product(graph, value, layer, { bias, name });
  const [lowest, highest] = range;
  const inner = product(graph, value, layer, { bias });
  const share = graph.add("Sigmoid", [inner], { name: `${own}.sigmoid` }).outputs[0]!;
  const [span, low] = [["span", highest - lowest], ["lowest", lowest]].map(([what, number]) =>
    graph.addConstant(`${own}.range.${what}`, tensor("float32", [], [number as number]))
  );
  const stretched = graph.add("Mul", [share, span], { name: `${own}.span` }).outputs[0]!;
  return graph.add("Add", [stretched, low], { name: `${own}.range`, outputs: [name] }).outputs[0]!;
}

/** A product with weights `[width, fanIn]`, which are brought to length 1 where there is a scale. */
function product(
  graph: Graph,
  value: Value,
  { own, width, fanIn, random }: Layer,
  { bias, scale, name }: { bias: boolean; scale?: number; name?: string },
): Value {
  const weight = graph.addConstant(`${own}.weight`, uniform([width, fanIn], fanIn, random));
  const rows = scale === undefined ? weight : unit(graph, weight, `${own}.directions`);
  const outputs = name === undefined ? 1 : [name];
  if (!bias && (graph.opsets.get("") ?? 0) < 11) {
    return plainProduct(graph, value, rows, { own, scale, outputs });
  }
  const offset = bias ? [graph.addConstant(`${own}.bias`, uniform([width], fanIn, random))] : [];
  const alpha = scale === undefined ? {} : { alpha: float(scale) };
  const attributes = { transB: int(1), ...alpha };
  return graph.add("Gemm", [value, rows, ...offset], { name: own, outputs, attributes })
    .outputs[0]!;
}

/** A product without a bias, which Gemm has to have before opset 11. */
function plainProduct(
  graph: Graph,
  value: Value,
  rows: Value,
  { own, scale, outputs }: {
    readonly own: string;
    readonly scale: number | undefined;
    readonly outputs: number | readonly string[];
  },
): Value {
  const attributes = { perm: ints([1, 0]) };
  const turned = graph.add("Transpose", [rows], { name: `${own}.turned`, attributes }).outputs[0]!;
  if (scale === undefined) {
    return graph.add("MatMul", [value, turned], { name: own, outputs }).outputs[0]!;
  }
  const factor = graph.addConstant(`${own}.factor`, tensor("float32", [], [scale]));
  const scaled = graph.add("Mul", [value, factor], { name: `${own}.scaled` }).outputs[0]!;
  return graph.add("MatMul", [scaled, turned], { name: own, outputs }).outputs[0]!;
}

/** Rows of length 1. */
function unit(graph: Graph, rows: Value, name: string, output?: string): Value {
  const made = graph.add("LpNormalization", [rows], {
    name,
    outputs: output === undefined ? 1 : [output],
    attributes: { axis: int(1), p: int(2) },
  }).outputs[0]!;
  made.type = "float32";
  if (rows.constant) made.shape = rows.constant.dims;
  return made;
}

/** Batch normalisation with PyTorch's starting values, and its epsilon and momentum. */
function batchNorm(graph: Graph, value: Value, width: number, own: string): Value {
  const vectors = ([["weight", 1], ["bias", 0], ["running_mean", 0], ["running_var", 1]] as const)
    .map(([what, start]) =>
      graph.addConstant(
        `${own}.norm.${what}`,
        tensor("float32", [width], new Float32Array(width).fill(start)),
      )
    );
  return graph.add("BatchNormalization", [value, ...vectors], {
    name: `${own}.norm`,
    attributes: { epsilon: float(1e-5), momentum: float(0.9) },
  }).outputs[0]!;
}

/** U(−1/√fanIn, 1/√fanIn), as PyTorch's `nn.Linear` starts its weights and biases. */
function uniform(dims: readonly number[], fanIn: number, random: Rng): Tensor<"float32"> {
  const bound = 1 / Math.sqrt(fanIn);
  const made = tensor("float32", dims);
  for (let i = 0; i < made.data.length; i++) made.data[i] = (2 * random.uniform() - 1) * bound;
  return made;
}

/** The ratio is an attribute up to opset 11 and an input from 12 on. */
export function addDropout(graph: Graph, x: Value, ratio: number, name: string): Value {
  if ((graph.opsets.get("") ?? 0) < 12) {
    return graph.add("Dropout", [x], { name, attributes: { ratio: float(ratio) } }).outputs[0]!;
  }
  const constant = graph.addConstant(graph.fresh("dropout_ratio"), tensor("float32", [], [ratio]));
  return graph.add("Dropout", [x, constant], { name }).outputs[0]!;
}
