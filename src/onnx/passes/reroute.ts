import type { Graph, Node, Value } from "../graph.ts";

/**
 * Gives output `position` of `node` a fresh name and returns that value. The old value keeps its
 * name and its readers but has no producer any more: the caller makes it again at once, by
 * `add(…, { outputs: [name] })`, `addInput` or `addConstant`. So names that users know survive edits.
 */
export function release(graph: Graph, node: Node, position: number): Value {
  const released = node.outputs[position];
  if (!released) throw new RangeError(`There is no output ${position} at ${node}`);
  const fresh = graph.value(graph.fresh(released.name));
  fresh.type = released.type;
  fresh.shape = released.shape;
  fresh.producer = node;
  released.producer = undefined;
  (node.outputs as (Value | undefined)[])[position] = fresh;
  return fresh;
}

/**
 * Removes a node whose first output equals `source`, and returns whether it could: readers of the
 * output read `source` instead. A graph output keeps its name, for which the producer of `source`
 * takes it over; where `source` is an input, a constant or an output itself, the node stays.
 */
export function bypass(graph: Graph, node: Node, source: Value): boolean {
  const output = node.outputs[0]!;
  if (node.outputs.some((value, at) => at > 0 && value && isRead(graph, value))) return false;
  if (!graph.outputs.includes(output) && !isCaptured(output)) {
    graph.replaceUses(output, source);
    graph.remove(node);
    return true;
  }
  const { producer } = source;
  if (!producer || graph.outputs.includes(source) || isCaptured(source)) return false;
  release(graph, node, 0);
  graph.replaceUses(source, output);
  graph.setInput(node, 0, output);
  const outputs = producer.outputs as (Value | undefined)[];
  outputs[outputs.indexOf(source)] = output;
  output.producer = producer;
  source.producer = undefined;
  graph.removeSource(source);
  graph.remove(node);
  return true;
}

/** Whether a node or the graph's outputs read `value`. */
export function isRead(graph: Graph, value: Value): boolean {
  return value.consumers.size > 0 || graph.outputs.includes(value);
}

function isCaptured(value: Value): boolean {
  return [...value.consumers].some((node) => node.captures.includes(value));
}
