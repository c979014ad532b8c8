import type { Graph, Value } from "../src/onnx/graph.ts";
import type { Model } from "../src/onnx/model.ts";
import { remodel } from "../src/onnx/model_from_graph.ts";

/**
 * Two networks side by side in one: the inputs of both, the first output of one, then that of the
 * other; names stay as they are. So they can be trained together, by a loss that reads both outputs such
 * as `infoNce`; `tower` takes one out again. Pictures are prepared as the first one wants them. Throws
 * `RangeError` where both have a value of the same name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clipImage, clipText } from "./clip.ts";
 * import { tower, twoTowers } from "./two_towers.ts";
 *
 * const small = { layers: 1, hidden: 16, heads: 2, embedding: 8 };
 * const picture = clipImage({ ...small, sizePx: 32, patchPx: 8 });
 * const both = twoTowers(picture, clipText({ ...small, vocabulary: 50 }));
 * assertEquals(both.outputs.map(({ name }) => name), ["image_embeds", "text_embeds"]);
 * assertEquals(tower(both, "text_embeds").inputs.map(({ name }) => name), [
 *   "input_ids",
 *   "attention_mask",
 * ]);
 * ```
 */
export function twoTowers(first: Model, second: Model): Model {
  const graph = first.graph.clone();
  const other = second.graph;
  const shared = [...other.values.keys()].filter((name) => name && graph.values.has(name));
  if (shared.length > 0) {
    throw new RangeError(
      `twoTowers(): "${first.name}" and "${second.name}" both have a value "${
        shared[0]
      }"; build one ` +
        "of them with other names",
    );
  }
  const twins = new Map<Value, Value>();
  for (const input of other.inputs) {
    twins.set(input, graph.addInput(input.name, input.type!, input.shape!));
  }
  copyNodes(graph, other, twins);
  graph.outputs.splice(1, Infinity, twins.get(other.outputs[0]!)!);
  for (const [domain, version] of other.opsets) {
    graph.opsets.set(domain, Math.max(version, graph.opsets.get(domain) ?? 0));
  }
  const trainable = (name: string) =>
    (first.parameters.get(name) ?? second.parameters.get(name))?.trainable ?? true;
  return remodel(first, graph, { name: `${first.name} and ${second.name}`, trainable });
}

/** One of several towers: the part of a model that `output` needs. Throws `RangeError` for an unknown one. */
export function tower(model: Model, output: string): Model {
  const graph = model.graph.clone();
  const kept = graph.outputs.find(({ name }) => name === output);
  if (!kept) {
    const names = graph.outputs.map(({ name }) => `"${name}"`).join(", ");
    throw new RangeError(`tower(): the model has no output "${output}"; there are ${names}`);
  }
  graph.outputs.splice(0, Infinity, kept);
  graph.prune();
  graph.inputs.splice(0, Infinity, ...graph.inputs.filter(({ consumers }) => consumers.size > 0));
  const takesPictures = graph.inputs.some(({ shape }) => shape?.length === 4);
  return remodel(model, graph, { ...(!takesPictures && { preprocessing: undefined }) });
}

/** Adds another graph's constants and nodes under their own names. */
function copyNodes(graph: Graph, other: Graph, twins: Map<Value, Value>): void {
  for (const value of other.constants()) {
    const made = graph.addConstant(value.name, value.constant!);
    made.isLiteral = value.isLiteral;
    twins.set(value, made);
  }
  for (const node of other.sorted()) {
    const made = graph.add(node.opType, node.inputs.map((value) => value && twins.get(value)), {
      outputs: node.outputs.map((value) => value?.name ?? ""),
      attributes: Object.fromEntries(node.attributes),
      domain: node.domain,
      name: node.name,
    });
    node.outputs.forEach((value, at) => {
      if (!value) return;
      const twin = made.outputs[at]!;
      twin.type = value.type;
      twin.shape = value.shape;
      twins.set(value, twin);
    });
  }
}
