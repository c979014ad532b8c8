import { Builder } from "../../autodiff/builder.ts";
import type { Attribute } from "../../onnx/attribute.ts";
import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { int64s, type Tensor, toNumbers } from "../../tensor/tensor.ts";
import { sameShape } from "../../tensor/shape.ts";
import { BatchSize, expressed } from "./batch_terms.ts";

/** What a size that is only known at run time is called. */
export const BATCH = "batch";

/**
 * One graph for every batch size from graphs of the same operators, each made for a size of its own:
 * constants that depend on the size are computed from it, which is read off the first axis of the
 * input named. The first graph is edited. Throws `RangeError` that names a node where that is not
 * possible.
 */
export function mergeBatches(
  graphs: readonly Graph[],
  sizes: readonly number[],
  input: string,
): Graph {
  const graph = graphs[0]!;
  const twins = new Twins();
  freeInputs(graphs);
  graph.inputs.forEach((value, at) => twins.add(value, graphs.map((one) => one.inputs[at]!)));
  const lists = graphs.map((one) => one.sorted());
  if (lists.some((list) => list.length !== lists[0]!.length)) {
    throw new RangeError(`${FIXED}: it has other operators at other sizes`);
  }
  lists[0]!.forEach((_, at) => twins.addNode(lists.map((list) => list[at]!)));
  graph.outputs.forEach((value, at) =>
    twins.check(graphs.map((one) => one.outputs[at]!), `${value.name}`)
  );
  const g = new Builder(graph);
  const batch = new BatchSize(g, graph.value(input), sizes);
  for (const [value, constants] of twins.varying()) {
    for (const node of [...value.consumers]) {
      const replacement = minusOne(g, node, value, constants) ?? expressed(batch, constants);
      if (!replacement) {
        throw new RangeError(
          `${FIXED}: ${node} reads a constant that depends on it in no simple way`,
        );
      }
      node.inputs.forEach((read, position) => {
        if (read === value) graph.setInput(node, position, replacement);
      });
    }
    if (!graph.outputs.includes(value)) graph.removeSource(value);
  }
  return graph;
}

const FIXED = "The batch size of the graph cannot stay free";

/** Which values of several graphs are the same one. */
class Twins {
  readonly #all = new Map<Value, readonly Value[]>();

  /** Says that these are one value; their constants may differ. */
  add(value: Value, values: readonly Value[]): void {
    this.#all.set(value, values);
  }

  /** Says that these are one node. Throws `RangeError` where they cannot be. */
  addNode(nodes: readonly Node[]): void {
    const [node] = nodes as [Node];
    const alike = nodes.every((other) =>
      other.opType === node.opType && other.domain === node.domain &&
      other.inputs.length === node.inputs.length && other.outputs.length === node.outputs.length &&
      sameAttributes(node.attributes, other.attributes)
    );
    if (!alike) throw new RangeError(`${FIXED}: ${node} is another at other sizes`);
    node.inputs.forEach((_, at) => this.check(nodes.map((one) => one.inputs[at]), `${node}`));
    node.outputs.forEach((value, at) => {
      if (value) this.add(value, nodes.map((one) => one.outputs[at]!));
    });
  }

  /** Throws `RangeError` where the values are not known as one and are no constants that may be. */
  check(values: readonly (Value | undefined)[], where: string): void {
    const [value] = values;
    const known = value && this.#all.get(value);
    const alike = known
      ? known.every((twin, at) => twin === values[at])
      : values.every((one) =>
        Boolean(one?.constant) === Boolean(value?.constant) && !one === !value
      );
    if (!alike) throw new RangeError(`${FIXED}: ${where} reads other values at other sizes`);
    if (value && !known) this.add(value, values as readonly Value[]);
  }

  /** Constants that differ. */
  *varying(): Iterable<[Value, readonly Tensor[]]> {
    for (const [value, values] of this.#all) {
      const constants = values.flatMap(({ constant }) => constant ?? []);
      if (
        constants.length === values.length && !constants.every((one) => equal(constants[0]!, one))
      ) {
        yield [value, constants];
      }
    }
  }
}

/** The only varying size of a shape is what a Reshape finds out by itself. */
function minusOne(
  g: Builder,
  node: Node,
  value: Value,
  constants: readonly Tensor[],
): Value | undefined {
  if (node.opType !== "Reshape" || node.domain !== "" || node.inputs[1] !== value) return undefined;
  const shapes = constants.map(toNumbers);
  const varies = shapes[0]!.map((size, at) => shapes.some((shape) => shape[at] !== size));
  const isPlain = shapes[0]!.every((size, at) => varies[at] || size > 0);
  if (!isPlain || varies.filter((one) => one).length !== 1) return undefined;
  return g.constant(int64s(shapes[0]!.map((size, at) => varies[at] ? -1 : size)));
}

/** Gives the axes of inputs and outputs that differ a name; other outputs lose their shapes. */
function freeInputs(graphs: readonly Graph[]): void {
  const [graph] = graphs as [Graph];
  graph.inputs.forEach((input, at) => {
    const shapes = graphs.map((one) => one.inputs[at]!.shape!);
    input.shape = input.shape!.map((dim, axis) =>
      shapes.every((shape) => shape[axis] === dim) ? dim : BATCH
    );
  });
}

function equal(a: Tensor, b: Tensor): boolean {
  if (a === b || a.data === b.data) return true;
  return a.type === b.type && sameShape(a.dims, b.dims) &&
    (a.data as Float32Array).every((number, at) => Object.is(number, b.data[at]));
}

function sameAttributes(
  a: ReadonlyMap<string, Attribute>,
  b: ReadonlyMap<string, Attribute>,
): boolean {
  return a.size === b.size && [...a].every(([name, one]) => {
    const other = b.get(name);
    if (one.kind === "tensor") return other?.kind === "tensor" && equal(one.value, other.value);
    if (one.kind === "other") return other?.kind === "other";
    return other?.kind === one.kind && JSON.stringify(other.value) === JSON.stringify(one.value);
  });
}
