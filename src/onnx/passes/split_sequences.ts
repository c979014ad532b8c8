import { toNumbers } from "../../tensor/tensor.ts";
import { int } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { addInt64s } from "./constants.ts";
import { release } from "./reroute.ts";

/**
 * Writes every SplitToSequence whose parts are picked at known positions as a Split, once sizes are
 * known; PyTorch's exporter makes them of `chunk` and `split`. Returns whether there were any.
 */
export function splitSequences(graph: Graph): boolean {
  let found = false;
  for (const node of [...graph.nodes]) {
    if (node.opType !== "SplitToSequence" || node.domain !== "") continue;
    const sizes = sizesOf(node);
    const picks = sizes && picksOf(graph, node.outputs[0]!, sizes.length);
    if (!picks) continue;
    found = true;
    const split = graph.add("Split", [node.inputs[0], addInt64s(graph, "split", sizes!)], {
      outputs: sizes!.length,
      attributes: { axis: int(node.int("axis", 0)) },
      name: node.name,
    });
    for (const [pick, position] of picks) {
      const { name } = pick.outputs[0]!;
      release(graph, pick, 0);
      graph.remove(pick);
      graph.add("Identity", [split.outputs[position]], { outputs: [name], name: pick.name });
    }
    graph.remove(node);
  }
  return found;
}

/** The sizes of the parts along the axis: as listed, or each as large as a scalar says, the last less. */
function sizesOf(node: Node): readonly number[] | undefined {
  const [x, given] = node.inputs;
  const axis = node.int("axis", 0);
  const length = x?.shape?.[axis < 0 ? axis + x.shape.length : axis];
  if (typeof length !== "number" || !given?.constant) return undefined;
  const numbers = toNumbers(given.constant);
  if (given.constant.dims.length === 1) return numbers;
  const size = numbers[0]!;
  return Array.from(
    { length: Math.ceil(length / size) },
    (_, part) => Math.min(size, length - size * part),
  );
}

/** The nodes that pick a part, with its position; `undefined` where anything else reads the sequence. */
function picksOf(graph: Graph, sequence: Value, count: number): Map<Node, number> | undefined {
  if (graph.outputs.includes(sequence)) return undefined;
  const picks = new Map<Node, number>();
  for (const node of sequence.consumers) {
    const index = node.inputs[1]?.constant;
    if (node.opType !== "SequenceAt" || node.inputs[0] !== sequence || !index) return undefined;
    const position = toNumbers(index)[0]!;
    picks.set(node, position < 0 ? position + count : position);
  }
  return picks;
}
