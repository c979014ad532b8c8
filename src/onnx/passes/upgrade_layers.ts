import { int } from "../attribute.ts";
import type { Graph, Node } from "../graph.ts";
import { addScalar } from "./constants.ts";
import { elementType, typeNumber } from "./known.ts";
import { isRead, release } from "./reroute.ts";
import { refuse, type Upgrades } from "./upgrade.ts";

/** Layers that behave differently in training, and operators that only changed their name. */
export const LAYER_UPGRADES: Upgrades = {
  BatchNormalization: { since: 14, apply: batchNormalization },
  Dropout: { since: 12, apply: dropout },
  Scatter: { since: 11, apply: scatter },
};

/** Inference is meant, whatever the number of outputs; more than Y was for training only. */
function batchNormalization(graph: Graph, node: Node): void {
  if (node.int("spatial", 1) === 0) {
    refuse(
      node,
      "spatial is 0 (one mean for each pixel), which opset 9 gave up",
      "Export the model again with spatial batch normalization",
    );
  }
  node.attributes.delete("spatial");
  for (let at = node.outputs.length - 1; at > 0; at--) {
    const output = node.outputs[at];
    if (output && isRead(graph, output)) {
      refuse(
        node,
        `its training output "${output.name}" is read`,
        "Export the model again for inference",
      );
    }
    graph.dropOutput(node, at);
  }
}

function dropout(graph: Graph, node: Node, opset: number): void {
  const ratio = node.float("ratio", 0.5);
  node.attributes.delete("ratio");
  graph.setInput(node, 1, addScalar(graph, "ratio", "float32", ratio));
  const mask = node.outputs[1];
  if (!mask || opset >= 10) return;
  // The mask had the type of the data once; it is a bool now.
  const type = elementType(node.inputs[0]!) ?? "float32";
  const kept = release(graph, node, 1);
  kept.type = "bool";
  const attributes = { to: int(typeNumber(type)) };
  graph.add("Cast", [kept], { outputs: [mask.name], attributes });
}

function scatter(_: Graph, node: Node): void {
  node.opType = "ScatterElements";
}
