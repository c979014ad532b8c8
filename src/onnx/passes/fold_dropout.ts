import { tensor, toNumbers } from "../../tensor/tensor.ts";
import type { DataType } from "../../tensor/dtype.ts";
import { int } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { addScalar } from "./constants.ts";
import { elementType, typeNumber } from "./known.ts";
import { bypass, isRead, release } from "./reroute.ts";

/** A graph input that carries the elements a dropout layer keeps. */
export interface DropoutMask {
  /** The input: uint8, 1 with probability `1 - ratio` and else 0, drawn anew for every run. */
  readonly input: Value;
  /** Probability that an element is dropped. */
  readonly ratio: number;
  /** Shape of the input. */
  readonly shape: readonly number[];
}

/**
 * Removes the Dropout nodes of a normalised graph. Where `training` is false they become identities;
 * else Y = X · mask / (1 − ratio), with one new graph input for each node, which are returned. Throws
 * `TypeError` where a shape or ratio is not known, `RangeError` at a ratio outside [0, 1].
 */
export function dropoutToMasks(graph: Graph, training: boolean): DropoutMask[] {
  const masks: DropoutMask[] = [];
  for (const node of graph.sorted()) {
    if (node.domain !== "" || node.opType !== "Dropout") continue;
    const ratio = training ? ratioOf(node) : 0;
    if (ratio === 0) keepAll(graph, node);
    else masks.push(drop(graph, node, ratio));
  }
  return masks;
}

function ratioOf(node: Node): number {
  const given = node.inputs[1];
  if (!given) return 0.5;
  if (!given.constant || !["float32", "float64"].includes(given.constant.type)) {
    throw new TypeError(
      `Cannot train with ${node}: its ratio "${given.name}" must be a float32 constant`,
    );
  }
  const ratio = toNumbers(given.constant)[0]!;
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new RangeError(
      `Cannot train with ${node}: its ratio must be from 0 to 1, found ${ratio}`,
    );
  }
  return ratio;
}

function keepAll(graph: Graph, node: Node): void {
  const x = node.inputs[0]!;
  const mask = node.outputs[1];
  if (mask && isRead(graph, mask)) {
    release(graph, node, 1);
    const shape = graph.add("Shape", [x]).outputs[0];
    const all = { kind: "tensor", value: tensor("bool", [1], [1]) } as const;
    graph.add("ConstantOfShape", [shape], { outputs: [mask.name], attributes: { value: all } });
  }
  for (const at of [2, 1]) if (node.inputs[at]) graph.setInput(node, at, undefined);
  if (node.outputs[1]) graph.dropOutput(node, 1);
  node.opType = "Identity";
  node.attributes.clear();
  bypass(graph, node, x);
}

function drop(graph: Graph, node: Node, ratio: number): DropoutMask {
  const x = node.inputs[0]!;
  const type = elementType(x) ?? "float32";
  const shape = shapeOf(node, x);
  const input = graph.addInput(graph.fresh(`${node.name || "dropout"}_mask`), "uint8", shape);
  const kept = cast(graph, input, type, shape);
  // At ratio 1 nothing is kept, so the scale is of no matter as long as it is finite.
  const scale = addScalar(graph, "scale", type, ratio === 1 ? 0 : 1 / (1 - ratio));
  const scaled = graph.add("Mul", [kept, scale]).outputs[0]!;
  scaled.type = type;
  scaled.shape = shape;
  const [y, mask] = node.outputs;
  release(graph, node, 0);
  if (mask) release(graph, node, 1);
  graph.remove(node);
  graph.add("Mul", [x, scaled], { outputs: [y!.name], name: node.name });
  if (mask && isRead(graph, mask)) cast(graph, input, "bool", shape, mask.name);
  return { input, ratio, shape };
}

function shapeOf(node: Node, x: Value): readonly number[] {
  const dims = x.shape?.filter((dim) => typeof dim === "number");
  if (dims && dims.length === x.shape!.length) return dims;
  throw new TypeError(
    `Cannot train with ${node}: the shape of "${x.name}" is not known; fix the input's shape first`,
  );
}

function cast(
  graph: Graph,
  value: Value,
  type: DataType,
  shape: readonly number[],
  name = graph.fresh("cast"),
): Value {
  const attributes = { to: int(typeNumber(type)) };
  const made = graph.add("Cast", [value], { outputs: [name], attributes }).outputs[0]!;
  made.type = type;
  made.shape = shape;
  return made;
}
