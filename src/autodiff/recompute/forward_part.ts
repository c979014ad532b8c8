import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { bytesPerElement } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";

/** Operators whose output is their first input in another shape: no memory of their own. */
const VIEWS: ReadonlySet<string> = new Set([
  ...["Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"],
]);

/** Operators that give other numbers when they are run again. */
const RANDOM: ReadonlySet<string> = new Set([
  ...["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike"],
  ...["RandomUniform", "RandomUniformLike"],
]);

/** What a training graph computes before its loss. */
export interface ForwardPart {
  /** All of its nodes. */
  readonly nodes: ReadonlySet<Node>;
  /** Those that depend on data, each after what it reads; the others depend on parameters alone. */
  readonly order: readonly Node[];
}

/** What `results` depend on. `isData` tells the inputs that are no parameters. */
export function forwardPart(
  graph: Graph,
  results: readonly Value[],
  isData: (input: Value) => boolean,
): ForwardPart {
  const nodes = new Set<Node>();
  const open = results.flatMap((value) => value.producer ?? []);
  for (let node = open.pop(); node; node = open.pop()) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    for (const value of node.reads()) if (value.producer) open.push(value.producer);
  }
  const fed = new Set<Node>();
  for (const node of graph.sorted()) {
    if (!nodes.has(node)) continue;
    const isFed = (value: Value) => value.producer ? fed.has(value.producer) : isData(value);
    if (node.reads().some(isFed)) fed.add(node);
  }
  return { nodes, order: [...fed] };
}

/** Whether a node gives the same when it is run again, by a copy of it. */
export function canRepeat(node: Node): boolean {
  return node.captures.length === 0 && !(node.domain === "" && RANDOM.has(node.opType));
}

/** The value whose memory a value is a view of: itself, mostly. */
export function rootOf(value: Value): Value {
  const { producer } = value;
  const isView = producer?.domain === "" && VIEWS.has(producer.opType);
  return isView && producer.inputs[0]?.producer ? rootOf(producer.inputs[0]) : value;
}

/** Bytes that a value takes; `undefined` where its shape is not known. */
export function bytesOf({ type, shape }: Value): number | undefined {
  if (!type || !shape?.every((dim) => typeof dim === "number")) return undefined;
  return sizeOf(shape as readonly number[]) * bytesPerElement(type);
}
