import { int64s, type Tensor, tensor } from "../../tensor/tensor.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { Graph, type Node, type Value } from "../graph.ts";
import { isRead, release } from "./reroute.ts";

/** Operators that give other results every time, so that their results are no constants. */
const RANDOM: ReadonlySet<string> = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
  "Dropout",
]);

/**
 * The nodes, sorted, that depend only on constants and on the shapes of values whose shape is static.
 * A constant for which `keep` is true, such as a weight to be trained, does not count as one.
 */
export function constantNodes(graph: Graph, keep: (value: Value) => boolean): Node[] {
  const folded = new Set<Node>();
  const isConstant = (value: Value) =>
    value.constant ? !keep(value) : value.producer !== undefined && folded.has(value.producer);
  for (const node of graph.sorted()) {
    if (node.domain !== "" || RANDOM.has(node.opType) || hasSubgraph(node)) continue;
    if (shapeTensor(node) || node.reads().every(isConstant)) folded.add(node);
  }
  return [...folded];
}

/**
 * A graph without inputs whose outputs are the values of `constantNodes` that anything else reads,
 * to be run once; `undefined` where there are none. Give its results to `replaceByConstants`.
 */
export function constantProgram(
  graph: Graph,
  keep: (value: Value) => boolean,
): Graph | undefined {
  const nodes = constantNodes(graph, keep);
  if (nodes.length === 0) return undefined;
  const folded = new Set(nodes);
  const program = new Graph();
  for (const [domain, opset] of graph.opsets) program.opsets.set(domain, opset);
  for (const node of nodes) copyInto(program, node, graph.fresh("shape"));
  for (const value of nodes.flatMap((node) => node.outputs)) {
    if (!value) continue;
    const isOutput = graph.outputs.includes(value);
    if (isOutput || [...value.consumers].some((node) => !folded.has(node))) {
      program.outputs.push(program.value(value.name));
    }
  }
  program.prune();
  return program;
}

/** Makes the values named constants, and removes the nodes that only led to them. */
export function replaceByConstants(graph: Graph, constants: ReadonlyMap<string, Tensor>): void {
  const idle: Node[] = [];
  for (const [name, constant] of constants) {
    const value = graph.values.get(name);
    const node = value?.producer;
    if (!value || !node) throw new RangeError(`No node puts out "${name}"`);
    release(graph, node, node.outputs.indexOf(value));
    graph.addConstant(name, constant);
    idle.push(node);
  }
  for (let node = idle.pop(); node; node = idle.pop()) removeUnread(graph, node, idle);
}

/** Removes `node` if nothing reads it, and puts those it read on the list. */
function removeUnread(graph: Graph, node: Node, idle: Node[]): void {
  if (!graph.nodes.has(node)) return;
  if (node.outputs.some((value) => value && isRead(graph, value))) return;
  const read = new Set(node.reads());
  graph.remove(node);
  for (const value of read) {
    if (value.producer) idle.push(value.producer);
    else if (value.constant && !isRead(graph, value)) graph.removeSource(value);
  }
}

function copyInto(program: Graph, node: Node, unused: string): void {
  const shape = shapeTensor(node);
  const names = node.outputs.map((value) => value?.name ?? "");
  if (shape) {
    const constant = program.addConstant(unused, shape);
    program.add("Identity", [constant], { outputs: names });
  } else {
    const inputs = node.inputs.map((value) => value && twin(program, value));
    const attributes = Object.fromEntries(node.attributes);
    program.add(node.opType, inputs, { outputs: names, attributes, name: node.name });
  }
  for (const value of node.outputs) {
    if (!value) continue;
    const made = program.value(value.name);
    made.type = value.type ?? (shape ? "int64" : undefined);
    made.shape = value.shape;
  }
}

function twin(program: Graph, value: Value): Value {
  const known = program.values.get(value.name);
  if (known) return known;
  return program.addConstant(value.name, value.constant!);
}

/** What a Shape or Size node puts out, where the shape of its input is static. */
function shapeTensor(node: Node): Tensor | undefined {
  if (node.opType !== "Shape" && node.opType !== "Size") return undefined;
  const dims = node.inputs[0]?.shape;
  if (!dims) return undefined;
  if (node.opType === "Size") {
    return isStatic(dims) ? tensor("int64", [], [sizeOf(dims)]) : undefined;
  }
  const from = clampAxis(node.int("start", 0), dims.length);
  const part = dims.slice(
    from,
    Math.max(from, clampAxis(node.int("end", dims.length), dims.length)),
  );
  return isStatic(part) ? int64s(part) : undefined;
}

function isStatic(dims: readonly (number | string)[]): dims is readonly number[] {
  return dims.every((dim) => typeof dim === "number");
}

function clampAxis(axis: number, rank: number): number {
  return Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
}

function hasSubgraph(node: Node): boolean {
  return [...node.attributes.values()].some((attribute) => attribute.kind === "other");
}
