import type { Model } from "../onnx/model.ts";
import { withoutRule } from "./gradients.ts";
import { REWRITTEN } from "./stopped.ts";

/** Operators, each once, that a gradient from the first output to the parameters cannot pass. */
export function operatorsWithoutGradient(model: Model): string[] {
  const { graph } = model;
  const targets = new Set([...model.parameters.keys()].map((name) => graph.value(name)));
  const output = graph.outputs[0];
  if (!output) return [];
  const nodes = withoutRule(graph.sorted(), output, targets);
  const names = nodes.map((node) =>
    node.domain === "" ? node.opType : `${node.domain}.${node.opType}`
  );
  return [...new Set(names)].filter((name) => !Object.hasOwn(REWRITTEN, name)).sort();
}
