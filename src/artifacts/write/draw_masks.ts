import { Builder } from "../../autodiff/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { DropoutMask } from "../../onnx/passes/fold_dropout.ts";
import { tensor } from "../../tensor/tensor.ts";

/** Lets a graph draw the masks of its dropout layers itself, by a Dropout of ones. */
export function drawMasks(graph: Graph, masks: readonly DropoutMask[]): void {
  const g = new Builder(graph);
  for (const { input, ratio, shape } of masks) {
    // A node for each layer: masks of one shape are not the same mask.
    const [, kept] = graph.add("Dropout", [
      g.full(shape, 1, "float32"),
      g.scalar(ratio, "float32"),
      g.constant(tensor("bool", [], [1])),
    ], { outputs: 2, name: `${input.name}_drawn` }).outputs;
    Object.assign(kept!, { type: "bool", shape });
    graph.replaceUses(input, g.cast(kept!, "uint8"));
    graph.removeSource(input);
  }
}
