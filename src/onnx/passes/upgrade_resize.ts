import { string } from "../attribute.ts";
import { tensor, toNumbers } from "../../tensor/tensor.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { release } from "./reroute.ts";
import { refuse, type Upgrades } from "./upgrade.ts";

/** Upsample and the two forms of Resize before opset 13; also RoiAlign, whose default moved. */
export const RESIZE_UPGRADES: Upgrades = {
  Upsample: { since: 10, apply: upsample },
  Resize: { since: 13, apply: resize },
  RoiAlign: { since: 16, apply: roiAlign },
};

function upsample(graph: Graph, node: Node): void {
  const scales = node.attributes.get("scales");
  if (scales?.kind === "floats") {
    const constant = tensor("float32", [scales.value.length], scales.value);
    graph.setInput(node, 1, graph.addConstant(graph.fresh("scales"), constant));
    node.attributes.delete("scales");
  }
  node.opType = "Resize";
  fromScales(graph, node);
}

function resize(graph: Graph, node: Node, opset: number): void {
  if (opset < 11) fromScales(graph, node);
  if (node.string("coordinate_transformation_mode", "") === "tf_half_pixel_for_nn") {
    tensorFlowNearest(node);
  }
}

/** `[X, scales]` of Upsample and the first Resize: output pixel i reads input position i / scale. */
function fromScales(graph: Graph, node: Node): void {
  const scales = node.inputs[1];
  graph.setInput(node, 2, scales);
  graph.setInput(node, 1, undefined);
  const mode = node.string("mode", "nearest") === "nearest" ? "nearest" : "linear";
  node.attributes.set("mode", string(mode));
  node.attributes.set("coordinate_transformation_mode", string("asymmetric"));
  if (mode === "nearest") nearest(graph, node, scales);
}

/** ONNX Runtime rounds down where an axis grows and up where it shrinks; the specification is silent. */
function nearest(graph: Graph, node: Node, scales: Value | undefined): void {
  const factors = scales?.constant ? toNumbers(scales.constant) : [];
  const shrinks = factors.some((factor) => factor < 1);
  node.attributes.set("nearest_mode", string(shrinks ? "ceil" : "floor"));
  if (!shrinks || factors.every((factor) => factor <= 1)) return;
  const grow = factors.map((factor) => Math.max(factor, 1));
  const shrink = factors.map((factor) => Math.min(factor, 1));
  const y = node.outputs[0]!;
  const smaller = release(graph, node, 0);
  smaller.shape = undefined;
  graph.setInput(node, 2, addScales(graph, shrink));
  graph.add("Resize", [smaller, undefined, addScales(graph, grow)], {
    outputs: [y.name],
    attributes: { ...Object.fromEntries(node.attributes), nearest_mode: string("floor") },
    name: node.name,
  });
}

/** floor((i + ½) / scale) is half-pixel's position rounded to nearest, halves up. */
function tensorFlowNearest(node: Node): void {
  const isNearest = node.string("mode", "nearest") === "nearest";
  if (!isNearest || node.string("nearest_mode", "round_prefer_floor") !== "floor") {
    refuse(
      node,
      "tf_half_pixel_for_nn went with opset 13 and has an equal only for nearest pixels by floor",
      "Export the model again with another coordinate_transformation_mode",
    );
  }
  node.attributes.set("coordinate_transformation_mode", string("half_pixel"));
  node.attributes.set("nearest_mode", string("round_prefer_ceil"));
}

function roiAlign(_: Graph, node: Node): void {
  if (node.attributes.has("coordinate_transformation_mode")) return;
  node.attributes.set("coordinate_transformation_mode", string("output_half_pixel"));
}

function addScales(graph: Graph, factors: readonly number[]): Value {
  return graph.addConstant(graph.fresh("scales"), tensor("float32", [factors.length], factors));
}
