import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Attribute, int, ints } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { addDropout } from "../heads/add_head.ts";
import type { AdaptableLayer } from "./layers.ts";
import { adapterNames, type AdapterRecord } from "./records.ts";

/** The weights of an adapter and how it works. */
export interface AdapterParts {
  /** `[rank, in]`, or `[rank, in / groups, ...kernel]`. */
  readonly a: Tensor<"float32">;
  /** `[out, rank]`, or `[out, rank / groups, 1, ...]`. */
  readonly b: Tensor<"float32">;
  /** The strength. */
  readonly alpha: number;
  /** Probability that a number that A reads is dropped while training. */
  readonly dropout: number;
}

/** Puts an adapter beside every node of a layer: y = W·x + alpha/rank · B·(A·x). */
export function attachAdapter(
  graph: Graph,
  layer: AdaptableLayer,
  parts: AdapterParts,
): AdapterRecord {
  const { weight, nodes, outFirst, groups, kind, productScale } = layer;
  const { module, a, b } = adapterNames(weight.name);
  const rank = parts.a.dims[0]!;
  const sides: Sides = {
    module,
    a: graph.addConstant(a, parts.a),
    b: graph.addConstant(b, parts.b),
    scale: graph.addConstant(`${module}.lora_scaling`, tensor("float32", [], [parts.alpha / rank])),
    dropout: parts.dropout,
  };
  const outputs = nodes.map((node) => {
    const output = node.outputs[0]!;
    const { name, type, shape } = output;
    const base = graph.renameOutput(node, 0, freeName(graph, `${name}.base`));
    const path = kind === "conv" ? convPath : linearPath;
    const added = path(graph, node, sides);
    graph.add("Add", [base, added], { name: `${module}.lora`, outputs: [name] });
    output.type = type;
    output.shape = shape;
    return name;
  });
  const { alpha, dropout } = parts;
  return { weight: weight.name, outputs, outFirst, groups, rank, alpha, dropout, productScale };
}

interface Sides {
  readonly module: string;
  readonly a: Value;
  readonly b: Value;
  readonly scale: Value;
  readonly dropout: number;
}

function linearPath(graph: Graph, node: Node, { module, a, b, scale, dropout }: Sides): Value {
  const turned = (value: Value) =>
    graph.add("Transpose", [value], { attributes: { perm: ints([1, 0]) } }).outputs[0]!;
  const x = dropped(graph, node.inputs[0]!, module, dropout);
  const low = graph.add("MatMul", [x, turned(a)], { name: `${module}.lora_A` }).outputs[0]!;
  const scaled = graph.add("Mul", [low, scale], { name: `${module}.lora_scaling` }).outputs[0]!;
  return graph.add("MatMul", [scaled, turned(b)], { name: `${module}.lora_B` }).outputs[0]!;
}

function convPath(graph: Graph, node: Node, { module, a, b, scale, dropout }: Sides): Value {
  const x = dropped(graph, node.inputs[0]!, module, dropout);
  const own: Record<string, Attribute> = Object.fromEntries(node.attributes);
  const low = graph.add("Conv", [x, a], { name: `${module}.lora_A`, attributes: own }).outputs[0]!;
  const scaled = graph.add("Mul", [low, scale], { name: `${module}.lora_scaling` }).outputs[0]!;
  const attributes = {
    kernel_shape: ints(b.constant!.dims.slice(2)),
    group: int(node.int("group", 1)),
  };
  return graph.add("Conv", [scaled, b], { name: `${module}.lora_B`, attributes }).outputs[0]!;
}

function dropped(graph: Graph, x: Value, module: string, ratio: number): Value {
  return ratio > 0 ? addDropout(graph, x, ratio, `${module}.lora_dropout`) : x;
}

function freeName(graph: Graph, name: string): string {
  return graph.values.has(name) ? graph.fresh(name) : name;
}
