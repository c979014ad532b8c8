import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";
import { dimsOf } from "../values.ts";
import type { Device } from "../lowering/devices.ts";
import { halfKind, type HalfType, hasHalfKernel } from "./half_operators.ts";
import { castFrom, TypeChanges } from "./type_changes.ts";

/** What products are computed in, and where. */
export interface HalfOptions {
  /** The type of 16 bits. */
  readonly type: HalfType;
  /** The device. */
  readonly device: Device;
}

/** The largest number that a constant may have which a sum reads in half. */
const LARGEST = 65504;
/** How far a number may be from its half, relative to it: numbers of the normal range are nearer. */
const ROUNDING: Readonly<Record<HalfType, number>> = { float16: 2 ** -11, bfloat16: 2 ** -8 };

/**
 * Makes a forward graph of known types compute its matrix products and convolutions in half, and what
 * follows them without need of more; parameters are cast, once each. Inputs and outputs of the graph
 * stay float32. Throws `RangeError` where the device has no kernel for a product.
 */
export function toHalf(graph: Graph, parameters: ReadonlySet<string>, options: HalfOptions): void {
  const { type, device } = options;
  const changes = new TypeChanges(graph);
  for (const node of graph.sorted()) {
    const kind = halfKind(node);
    if (kind === undefined || node.captures.length > 0) continue;
    if (!node.inputs.some((value) => value?.type === "float32")) continue;
    const hasKernel = hasHalfKernel(node, type, device);
    if (kind === "product" && !hasKernel) refuse(node, options);
    const follows = () => hasKernel && isFollowing(node, type, parameters);
    if (kind === "product" || follows()) changes.convert(node, "float32", type);
  }
  for (const node of graph.sorted().reverse()) {
    if (isMovable(graph, node, options)) moveAfterCast(graph, changes, node, type);
  }
  graph.prune();
}

function refuse(node: Node, { type, device }: HalfOptions): never {
  throw new RangeError(
    `precision "${type}" cannot be had on the device "${device}": ONNX Runtime computes no ` +
      `${node.opType} in it there, such as ${node}. ` +
      (type === "bfloat16"
        ? 'Give precision: "float16" or "float32"; "bfloat16" is for networks of matrix products ' +
          'with device: "cuda"'
        : 'Give precision: "float32"'),
  );
}

/** Whether all that a node reads is half already, or may be: small numbers, and the bias of a sum. */
function isFollowing(node: Node, type: HalfType, parameters: ReadonlySet<string>): boolean {
  const reads = node.inputs.filter((value) => value?.type === "float32") as Value[];
  const isHalf = (value: Value) => castFrom(value, type) !== undefined;
  // A square soon is too large.
  const isSquare = node.opType === "Mul" && reads[0] === reads[1];
  return !isSquare && reads.some(isHalf) &&
    reads.every((value) =>
      isHalf(value) || isFitting(value.constant, type) ||
      node.opType === "Add" && isBias(value, parameters)
    );
}

/** Whether a constant is one number, which half has as well as its bits allow. */
function isFitting(constant: Tensor | undefined, type: HalfType): boolean {
  if (constant?.data.length !== 1) return false;
  const [number] = toNumbers(constant) as [number];
  const [half] = toNumbers(tensor(type, [], [number])) as [number];
  return Math.abs(half - number) <= ROUNDING[type] * Math.abs(number);
}

function isBias({ name, constant }: Value, parameters: ReadonlySet<string>): boolean {
  if (!constant) return parameters.has(name);
  return toNumbers(constant).every((number) => Math.abs(number) <= LARGEST);
}

/** Whether a node only moves float32 numbers, no fewer after than before, that nothing but casts read. */
function isMovable(graph: Graph, node: Node, { type, device }: HalfOptions): boolean {
  const [value, ...more] = node.outputs;
  if (halfKind(node) !== "move" || !hasHalfKernel(node, type, device)) return false;
  if (value?.type !== "float32" || more.length > 0 || graph.outputs.includes(value)) return false;
  const count = (one: Value) => sizeOf(dimsOf(one));
  const reads = node.inputs.filter((one) => one?.type === "float32") as Value[];
  return value.consumers.size > 0 &&
    reads.reduce((sum, one) => sum + count(one), 0) <= count(value) &&
    [...value.consumers].every(({ opType, outputs }) =>
      opType === "Cast" && outputs[0]!.type === type
    );
}

/** Casts come first: half as many bytes are moved, and a weight that several moves read is cast once. */
function moveAfterCast(graph: Graph, changes: TypeChanges, node: Node, type: HalfType): void {
  const readers = [...node.outputs[0]!.consumers];
  changes.convert(node, "float32", type);
  for (const reader of readers) {
    graph.replaceUses(reader.outputs[0]!, node.outputs[0]!);
    graph.remove(reader);
  }
}
