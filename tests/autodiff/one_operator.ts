import { Builder } from "../../src/autodiff/builder.ts";
import type { Lack } from "../../src/autodiff/builder_options.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import { writeOut } from "../../src/autodiff/written/mod.ts";
import type { Attribute } from "../../src/onnx/attribute.ts";
import { Graph, type Value } from "../../src/onnx/graph.ts";
import { normalise } from "../../src/onnx/passes/normalise.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** One operator at one setting. */
export interface OneOperator {
  readonly op: string;
  /** Domain of the operator. @default {""} */
  readonly domain?: string;
  /** Operator set. @default {18} */
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** What it reads; those that are left out are undefined. */
  readonly inputs: readonly (OneInput | undefined)[];
  /** How many outputs it has. */
  readonly outputs: number;
  /** Positions of outputs that it leaves out. @default {none} */
  readonly omitted?: readonly number[];
  /** By what an output is multiplied in the loss; those without weights stay out of it. */
  readonly weights: (position: number, output: Value) => Tensor | undefined;
  /** What the device cannot do. @default {nothing} */
  readonly lacks?: ReadonlySet<Lack>;
}

/** An input: a constant, or one that the loss is differentiated by. */
export interface OneInput {
  readonly tensor: Tensor;
  readonly isConstant: boolean;
}

/** Σ weight·output of one operator and its gradients. */
export interface Differentiated {
  /** The graph; the loss and the gradients are among its outputs. */
  readonly graph: Graph;
  /** The inputs by name. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly loss: Value;
  /** Inputs that are differentiated by, each with its position. */
  readonly wanted: ReadonlyMap<Value, number>;
  /** The gradient by each of them that the loss depends on. */
  readonly found: ReadonlyMap<Value, Value>;
}

/** A graph of one operator with the gradients of Σ weight·output by its variable inputs. */
export async function differentiate(row: OneOperator): Promise<Differentiated> {
  const graph = new Graph();
  graph.opsets.set("", row.opset ?? 18);
  const feeds: Record<string, Tensor> = {};
  const wanted = new Map<Value, number>();
  const inputs = row.inputs.map((input, n) => {
    if (!input) return undefined;
    if (input.isConstant) return graph.addConstant(`c${n}`, input.tensor);
    feeds[`x${n}`] = input.tensor;
    const value = graph.addInput(`x${n}`, input.tensor.type, input.tensor.dims);
    wanted.set(value, n);
    return value;
  });
  const positions = [...Array(row.outputs).keys()];
  const kept = positions.filter((n) => !row.omitted?.includes(n));
  const node = graph.add(row.op, inputs, {
    outputs: positions.map((n) => kept.includes(n) ? `y${n}` : ""),
    attributes: row.attributes ?? {},
    domain: row.domain ?? "",
  });
  graph.outputs.push(...kept.map((n) => node.outputs[n]!));
  normalise(graph);
  await makeStatic(graph, () => false);
  writeOut(graph);
  const g = new Builder(graph, { lacks: row.lacks });
  const parts = graph.outputs.flatMap((value, n) => {
    const weights = row.weights(kept[n]!, value);
    if (!weights) return [];
    const product = g.mul(value, g.constant(weights));
    return [g.reduceSum(product, product.shape!.map((_, axis) => axis), false)];
  });
  const loss = g.sum(parts);
  const found = gradients(g, loss, [...wanted.keys()]);
  graph.outputs.push(loss, ...found.values());
  return { graph, feeds, loss, wanted, found };
}
