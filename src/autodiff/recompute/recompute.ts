import type { Node, Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { awaited } from "./backward_order.ts";
import { bytesOf, type ForwardPart, forwardPart } from "./forward_part.ts";
import { type Segments, segmentsOf } from "./segments.ts";

/** What a training graph is made of. */
export interface RecomputeOptions {
  /** Names of the outputs of the forward pass, the loss among them. */
  readonly results: readonly string[];
  /** Names of the inputs that are parameters. */
  readonly parameters: readonly string[];
}

/**
 * Trades time for memory in a training graph: the forward pass is cut into segments, and the backward
 * pass of each, the last one excepted, reads copies of its inner values that are computed again when
 * their turn comes (Chen, Xu, Zhang and Guestrin, arXiv 1604.06174). Statistics of a batch are kept
 * and not taken again. Gives the values whose shapes the runtime must be told, so that it finds
 * memory for all at once; none where nothing is gained.
 */
export function recompute(g: Builder, { results, parameters }: RecomputeOptions): Value[] {
  const { graph } = g;
  const trained = new Set(parameters);
  const isData = (input: Value) => graph.inputs.includes(input) && !trained.has(input.name);
  const forward = forwardPart(graph, results.map((name) => graph.value(name)), isData);
  const segments = segmentsOf(graph, forward);
  const waits = awaited(graph, forward, segments);
  const views: Value[] = [];
  for (let segment = segments.count - 2, zero: Value | undefined; segment >= 0; segment--) {
    zero = zeroAfter(g, waits.get(segment) ?? []) ?? zero;
    if (zero) views.push(...repeat(g, { forward, segments, segment, zero, isData }));
  }
  dropUnread(g, forward);
  return views;
}

/** An integer 0 that is there once all of `values` are: the engine does not know that it is 0. */
function zeroAfter(g: Builder, values: readonly Value[]): Value | undefined {
  const sized = values.filter((value) => bytesOf(value) !== undefined);
  if (sized.length === 0) return undefined;
  const sizes = sized.map((value) => g.op("Size", [value], [], {}, "int64"));
  const count = sized.reduce((sum, value) => sum + sizeOf(dimsOf(value)), 0);
  return g.sub(sizes.reduce((sum, size) => g.add(sum, size)), g.scalar(count, "int64"));
}

/**
 * Lets the backward pass read copies of a segment's inner values, computed from when `zero` is there.
 * Gives the views that wait for it.
 */
function repeat(g: Builder, { forward, segments, segment, zero, isData }: {
  readonly forward: ForwardPart;
  readonly segments: Segments;
  readonly segment: number;
  readonly zero: Value;
  readonly isData: (input: Value) => boolean;
}): Value[] {
  const { of, kept } = segments;
  const copies = new Map<Value, Value>();
  const views: Value[] = [];
  const isInner = (value: Value) =>
    value.producer !== undefined && of.get(value.producer) === segment && !kept.has(value);
  const isFed = ({ producer }: Value) => producer !== undefined && of.has(producer);
  const copyOf = (value: Value): Value => {
    const known = copies.get(value);
    if (known) return known;
    if (isInner(value)) {
      const node = value.producer!;
      const made = copyNode(g, node, copyOf);
      node.outputs.forEach((output, at) => output && made[at] && copies.set(output, made[at]));
    } else if ((isFed(value) || isData(value)) && bytesOf(value) !== undefined) {
      views.push(late(g, value, zero));
      copies.set(value, views.at(-1)!);
    } else copies.set(value, value);
    return copies.get(value)!;
  };
  for (const value of forward.order.flatMap((node) => node.outputs)) {
    if (!value || !isInner(value)) continue;
    for (const reader of [...value.consumers].filter((node) => !forward.nodes.has(node))) {
      reader.inputs.forEach((input, at) => {
        if (input === value) g.graph.setInput(reader, at, copyOf(value));
      });
    }
  }
  return views;
}

/** The same elements, by a view of them that cannot be had before `zero`. */
function late(g: Builder, value: Value, zero: Value): Value {
  const shape = g.add(g.integers(dimsOf(value)), zero);
  return g.op("Reshape", [value, shape], dimsOf(value));
}

/** A node again, on other inputs. Batch normalisation takes the statistics that the first one took. */
function copyNode(
  { graph }: Builder,
  node: Node,
  copyOf: (value: Value) => Value,
): readonly (Value | undefined)[] {
  const attributes = Object.fromEntries(node.attributes);
  const inputs = [...node.inputs];
  const outputs = [...node.outputs];
  if (node.opType === "BatchNormalization" && node.int("training_mode", 0) === 1) {
    delete attributes.training_mode;
    inputs.splice(3, 2, ...outputs.splice(1, 2));
  }
  const { opType, domain, source } = node;
  const copy = graph.add(opType, inputs.map((value) => value && copyOf(value)), {
    outputs: outputs.map((value) => value ? graph.fresh(opType.toLowerCase()) : ""),
    attributes,
    domain,
    ...(source && { source }),
  });
  copy.outputs.forEach((value, at) => {
    if (!value) return;
    value.type = outputs[at]!.type;
    value.shape = outputs[at]!.shape;
  });
  return copy.outputs;
}

/** Drops further outputs, such as the places of maxima, that only the backward pass has read. */
function dropUnread({ graph }: Builder, { order }: ForwardPart): void {
  for (const node of order) {
    node.outputs.forEach((value, at) => {
      const isRead = value && (value.consumers.size > 0 || graph.outputs.includes(value));
      if (at > 0 && value && !isRead) graph.dropOutput(node, at);
    });
  }
}
