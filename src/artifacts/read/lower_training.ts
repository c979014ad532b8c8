import { Builder } from "../../autodiff/builder.ts";
import { Graph, type Node, type Value } from "../../onnx/graph.ts";
import { replaceByConstants } from "../../onnx/passes/fold_constants.ts";
import { normalise } from "../../onnx/passes/normalise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { BACKWARD_LOWERINGS, FORWARD_LOWERINGS, UNKNOWN_TRAINING_OPERATORS } from "./rules/mod.ts";

/**
 * Gives the values of a graph of stock operators and static inputs their types and shapes, and
 * replaces what depends on shapes alone by constants.
 */
export type MakeStatic = (graph: Graph) => Promise<void>;

/**
 * Rewrites the operators of a graph that only training builds of ONNX Runtime have to stock ones.
 * Its inputs have static shapes. Throws `TypeError` that names all nodes for which there is no way.
 */
export async function lowerTraining(graph: Graph, makeStatic: MakeStatic): Promise<void> {
  refuseUnknown(graph);
  normalise(graph);
  for (const node of [...graph.nodes]) {
    const lower = lookUp(FORWARD_LOWERINGS, node);
    if (lower) replace(graph, node, lower(graph, node));
  }
  const forward = forwardPart(graph);
  if (forward.nodes.size > 0) await makeStatic(forward);
  adopt(graph, forward);
  const g = new Builder(graph);
  for (const node of graph.sorted()) {
    const lower = lookUp(BACKWARD_LOWERINGS, node);
    if (lower) replace(graph, node, lower(g, node));
  }
  separateOutputs(graph);
  graph.prune();
}

function refuseUnknown(graph: Graph): void {
  const unknown = [...graph.nodes].filter((node) => UNKNOWN_TRAINING_OPERATORS.has(nameOf(node)));
  if (unknown.length === 0) return;
  throw new TypeError(
    `Cannot read the training model: ${unknown.length} of its nodes have operators of training ` +
      `builds that Graft does not know:\n${unknown.map((node) => `  ${node}`).join("\n")}`,
  );
}

/** Two gradients may have become one value; an output must be named once. */
function separateOutputs(graph: Graph): void {
  const seen = new Set<Value>();
  graph.outputs.forEach((value, position) => {
    if (seen.has(value)) {
      const [copy] = graph.add("Identity", [value]).outputs as [Value];
      Object.assign(copy, { type: value.type, shape: value.shape });
      graph.outputs[position] = copy;
    }
    seen.add(value);
  });
}

/** A copy of what does not depend on the operators that are still to be lowered. */
function forwardPart(graph: Graph): Graph {
  const part = new Graph();
  for (const [domain, opset] of graph.opsets) part.opsets.set(domain, opset);
  const known = new Set<Value>([...graph.inputs, ...graph.constants()]);
  const twin = (value: Value) => {
    const made = part.value(value.name);
    made.type = value.type;
    made.shape = value.shape;
    made.constant = value.constant;
    return made;
  };
  for (const input of graph.inputs) part.inputs.push(twin(input));
  for (const value of graph.constants()) twin(value);
  for (const node of graph.sorted()) {
    if (lookUp(BACKWARD_LOWERINGS, node) || !node.reads().every((one) => known.has(one))) continue;
    part.add(node.opType, node.inputs.map((value) => value && part.value(value.name)), {
      outputs: node.outputs.map((value) => value?.name ?? ""),
      attributes: Object.fromEntries(node.attributes),
      domain: node.domain,
      name: node.name,
      captures: node.captures.map((value) => part.value(value.name)),
      ...(node.source && { source: node.source }),
    });
    for (const value of node.outputs) {
      if (!value) continue;
      known.add(value);
      part.outputs.push(part.value(value.name));
    }
  }
  return part;
}

/** Takes over the shapes and the constants that were found. */
function adopt(graph: Graph, forward: Graph): void {
  const constants = new Map<string, Tensor>();
  for (const found of forward.values.values()) {
    const value = graph.values.get(found.name);
    if (!value) continue;
    value.type = found.type;
    value.shape = found.shape;
    if (found.constant && value.producer) constants.set(value.name, found.constant);
  }
  replaceByConstants(graph, constants);
}

function replace(graph: Graph, node: Node, values: readonly (Value | undefined)[]): void {
  node.outputs.forEach((before, position) => {
    const after = values[position];
    if (before && after) graph.replaceUses(before, after);
  });
  graph.remove(node);
}

function lookUp<T>(table: Readonly<Record<string, T>>, node: Node): T | undefined {
  const name = nameOf(node);
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function nameOf(node: Node): string {
  return node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
}
