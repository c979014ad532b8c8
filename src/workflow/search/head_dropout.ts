import { findHead } from "../../onnx/find_head.ts";
import { addDropout } from "../../onnx/heads/add_head.ts";
import type { Model } from "../../onnx/model.ts";
import { remodel } from "../../onnx/model_from_graph.ts";

/**
 * The model with dropout of a ratio on what its classifier reads, in the place of dropout that is
 * there. Throws `RangeError` where the model has no classifier.
 */
export function withHeadDropout(model: Model, ratio: number): Model {
  const graph = model.graph.clone();
  const head = findHead(graph);
  if (!head) {
    throw new RangeError(
      `"${model.name}" has no classifier to drop features of; give it one (replaceHead)`,
    );
  }
  const { features } = head;
  const before = features.producer;
  const bare = before?.opType === "Dropout" ? before.inputs[0]! : features;
  const dropped = ratio > 0 ? addDropout(graph, bare, ratio, "head.dropout") : bare;
  for (const node of head.nodes) {
    node.inputs.forEach((value, position) => {
      if (value === features) graph.setInput(node, position, dropped);
    });
  }
  graph.prune();
  return remodel(model, graph);
}
