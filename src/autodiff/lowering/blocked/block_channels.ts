import type { Node, Value } from "../../../onnx/graph.ts";
import { sameShape, sizeOf } from "../../../tensor/shape.ts";
import { type Builder, dimsOf } from "../../builder.ts";
import { blockedConv, paysBlocked } from "./blocked_conv.ts";
import { BlockedValues } from "./blocked_values.ts";

/** Operators that treat every element alike, so that the layout does not matter. */
const ELEMENTWISE = new Set([
  ...["Add", "And", "Cast", "Clip", "Div", "Equal", "Greater", "GreaterOrEqual", "HardSigmoid"],
  ...["HardSwish", "LeakyRelu", "Less", "LessOrEqual", "Mul", "Neg", "Not", "Or", "Relu"],
  ...["Sigmoid", "Sub", "Sum", "Tanh", "Where"],
]);

/**
 * Gives convolutions whose weights change from step to step, and the elementwise operators between
 * them, the channel-blocked layout of the runtime's fast kernels; for constant weights the runtime
 * does so itself. The graph's values need static shapes. Nothing happens where `block` is 1: the
 * runtime has no such kernels on this machine.
 */
export function blockChannels(g: Builder, block: number): void {
  if (block === 1) return;
  const { graph } = g;
  const values = new BlockedValues(g, block);
  const order = graph.sorted();
  const candidates = order.filter((node) => isConvertible(graph.outputs, node));
  const convolutions = new Set(candidates.filter((node) => paysBlocked(values, node)));
  const converted = new Set<Node>();
  for (const node of candidates) {
    const isConvolution = convolutions.has(node);
    if (!isConvolution && !paysElementwise(values, node, convolutions)) continue;
    const blocked = isConvolution ? blockedConv(values, node) : elementwise(values, node);
    values.set(node.outputs[0]!, blocked);
    converted.add(node);
  }
  for (const node of order.reverse()) {
    const used = node.outputs.filter((value) =>
      value && (value.consumers.size > 0 || graph.outputs.includes(value))
    );
    if (used.length > 0 && converted.has(node) && used[0]!.type === "float32") {
      graph.replaceUses(used[0]!, values.plain(used[0]!));
      used.pop();
    }
    if (used.length === 0) graph.remove(node);
  }
  graph.prune();
}

function isConvertible(outputs: readonly Value[], node: Node): boolean {
  const [value, ...others] = node.outputs;
  return value !== undefined && others.length === 0 && value.shape?.length === 4 &&
    [value, ...node.inputs].every((one) => !one || isStatic(one)) &&
    !outputs.includes(value) &&
    ![...value.consumers].some((consumer) => consumer.captures.includes(value));
}

function isStatic({ shape }: Value): boolean {
  return shape?.every((dim) => typeof dim === "number") ?? false;
}

/**
 * Whether an elementwise operator should work on blocked values: all that it reads is blocked, or
 * some of it is and a blocked convolution reads the result.
 */
function paysElementwise(values: BlockedValues, node: Node, convolutions: Set<Node>): boolean {
  const output = node.outputs[0]!;
  if (!ELEMENTWISE.has(node.opType) || node.domain !== "" || !values.fills(output)) return false;
  const reads = node.inputs.filter((value) => value && sizeOf(dimsOf(value)) !== 1) as Value[];
  if (!reads.every((value) => sameShape(dimsOf(value), dimsOf(output)))) return false;
  const plain = reads.filter((value) => !values.isNative(value));
  if (plain.length === reads.length || plain.some((value) => value.type !== "float32")) {
    return false;
  }
  return plain.length === 0 || feeds(output, convolutions);
}

/** Whether one of `convolutions` reads a value, perhaps in another shape. */
function feeds(value: Value, convolutions: Set<Node>): boolean {
  return [...value.consumers].some((node) =>
    convolutions.has(node) || node.opType === "Reshape" && feeds(node.outputs[0]!, convolutions)
  );
}

/** An elementwise operator on the blocked forms of what it reads. */
function elementwise(values: BlockedValues, node: Node): Value {
  const output = node.outputs[0]!;
  const inputs = node.inputs.map((value) =>
    value && sizeOf(dimsOf(value)) !== 1 ? values.of(value) : value
  );
  const attributes = Object.fromEntries(node.attributes);
  const [made] = values.g.graph.add(node.opType, inputs, { attributes }).outputs as [Value];
  made.type = output.type;
  made.shape = output.shape;
  return made;
}
