import { tensor } from "../tensor/tensor.ts";
import type { Graph } from "./graph.ts";

/**
 * Brings nodes that were exported while training into the form for use: batch normalisation by
 * running statistics, dropout off.
 */
export function inferenceForm(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.domain !== "") continue;
    if (node.opType === "BatchNormalization") {
      node.attributes.delete("training_mode");
      for (let position = node.outputs.length - 1; position > 0; position--) {
        const value = node.outputs[position];
        if (!value) continue;
        const output = graph.outputs.indexOf(value);
        if (output > 0) graph.outputs.splice(output, 1);
        if (value.consumers.size === 0 && output !== 0) graph.dropOutput(node, position);
      }
    }
    const mode = node.opType === "Dropout" ? node.inputs[2] : undefined;
    if (mode?.constant && Number(mode.constant.data[0]) === 1) {
      graph.setInput(
        node,
        2,
        graph.addConstant(graph.fresh("training_mode"), tensor("bool", [], [0])),
      );
    }
  }
}
