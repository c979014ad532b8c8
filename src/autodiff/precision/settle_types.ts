import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { halfKind, type HalfType, hasHalfKernel } from "./half_operators.ts";
import type { HalfOptions } from "./to_half.ts";
import { castFrom, TypeChanges } from "./type_changes.ts";

/**
 * Gives the nodes that gradients of a graph in half brought along the types that `halfKind` says:
 * what is not to be half is computed in float32, and numbers that go to half and back stay as they are.
 */
export function settleTypes(graph: Graph, { type, device }: HalfOptions): void {
  const changes = new TypeChanges(graph);
  for (const node of graph.sorted()) {
    if (node.opType === "Cast" || !node.inputs.some((value) => value?.type === type)) continue;
    const stays = halfKind(node) !== undefined && hasHalfKernel(node, type, device) &&
      !isBetweenSingles(node, type);
    if (!stays) changes.convert(node, type, "float32");
  }
  for (const node of graph.sorted()) dropRoundTrip(graph, node, type);
  graph.prune();
  if (device === "cpu") keepRounding(graph, type);
}

/** Whether a node moves numbers that were float32 before and are cast to it after: such as a sum's. */
function isBetweenSingles(node: Node, type: HalfType): boolean {
  const reads = node.inputs.filter((value) => value?.type === type) as Value[];
  const after = node.outputs.flatMap((value) => [...value?.consumers ?? []]);
  return halfKind(node) === "move" &&
    reads.every((value) => castFrom(value, "float32") !== undefined) &&
    after.every(({ opType, outputs }) => opType === "Cast" && outputs[0]!.type === "float32");
}

/** Half to float32 and back is nothing; float32 to half and back only loses. */
function dropRoundTrip(graph: Graph, node: Node, type: HalfType): void {
  const [value] = node.outputs;
  if (node.opType !== "Cast" || graph.outputs.includes(value!)) return;
  if (value!.type !== "float32" && value!.type !== type) return;
  const [read] = node.inputs as [Value];
  const before = castFrom(read, value!.type);
  if (before && (read.type === "float32" || read.type === type)) graph.replaceUses(value!, before);
}

/**
 * The CPU's engine computes half in float32 and drops the casts between: numbers would never be
 * rounded. It keeps what `Max` reads, which it has in half; of one input that changes nothing. One that
 * is alone between others would become float32 as well, two do not.
 */
function keepRounding(graph: Graph, type: HalfType): void {
  for (const node of graph.sorted()) {
    if (halfKind(node) === "move") continue;
    for (const value of node.outputs) {
      if (value?.type !== type) continue;
      const isAlone = [...value.consumers].every((reader) =>
        reader.opType !== "Cast" && halfKind(reader) !== "move"
      );
      for (let left = isAlone ? 2 : 1; left > 0; left--) roundAfter(graph, value);
    }
  }
}

function roundAfter(graph: Graph, value: Value): void {
  const [rounded] = graph.add("Max", [], {}).outputs as [Value];
  Object.assign(rounded, { type: value.type, shape: value.shape });
  graph.replaceUses(value, rounded);
  graph.setInput(rounded.producer!, 0, value);
}
