import { toNumbers } from "../tensor/tensor.ts";
import { int, ints } from "./attribute.ts";
import { channelsOf, columnsOf } from "./channels.ts";
import { findHead, type Head } from "./find_head.ts";
import type { Dim, Graph, Node, Value } from "./graph.ts";
import type { HeadBuilder } from "./heads/head.ts";
import { valueNamed } from "./select.ts";

/** What a head reads. */
export interface HeadFeatures {
  /** The features, `[N, D]`. */
  readonly value: Value;
  /** D. */
  readonly inFeatures: number;
}

/** Name of the node that puts both poolings of a head together. */
const POOL = "head.pool";
/** Operators that pool a whole feature map, where the classifier reads what they give. */
const POOLING = new Set(["AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean"]);
/** Operators between the pooling and the classifier. */
const FLATTENING = new Set(["Dropout", "Flatten", "Identity", "Reshape", "Squeeze"]);

/** The features that a head reads: `[N, D]`, pooled as it wants. */
export function featuresFor(graph: Graph, head: HeadBuilder, at: string | undefined): HeadFeatures {
  return head.pooling === "largestAndMean" ? concatPooled(graph, at) : pooled(graph, at);
}

/** The features `[N, D]` that a head reads, pooled where they still have positions. */
export function pooled(graph: Graph, at?: string): HeadFeatures {
  const batch: Dim = graph.inputs[0]?.shape?.[0] ?? "batch";
  if (at !== undefined) return poolNamed(graph, valueNamed(graph, at), batch);
  const old = deepestHead(graph);
  // One that scores every token reads features `[N, T, D]`.
  const rank =
    old?.kind === "linear" && !old.isMap && (old.features.shape ?? old.logits.shape)?.length || 2;
  if (!old || rank !== 2) {
    const last = graph.outputs[0]!;
    if (!old && last.shape?.length === 2 && typeof last.shape[1] === "number") {
      return { value: last, inFeatures: last.shape[1] };
    }
    throw new RangeError(
      `No classifier was found at the end of the model (its last operator is ${
        last.producer ?? "missing"
      }). Say where the features are: replaceHead(model, { at: "name of a node or value", … })`,
    );
  }
  if (old.kind === "linear" && !old.isMap) {
    return { value: old.features, inFeatures: old.inFeatures };
  }
  return { value: flatPool(graph, old.features, batch), inFeatures: old.inFeatures };
}

/** The head as it was before Graft's own layers, where it made some. */
function deepestHead(graph: Graph): Head & { readonly isMap: boolean } | undefined {
  const head = findHead(graph);
  const first = graph.values.get("head.0.weight") ?? graph.values.get("head.weight");
  const node = first && productOf(first);
  if (!head || !node || node.name !== "head" && node.name !== "head.0") {
    return head && { ...head, isMap: head.kind === "conv" };
  }
  let features = node.inputs[0]!;
  let isMap = false;
  for (; features.producer?.name.startsWith("head."); features = features.producer.inputs[0]!) {
    isMap ||= features.producer.name === POOL;
  }
  const width = first.constant!.dims[1]!;
  return { ...head, kind: "linear", features, inFeatures: isMap ? width / 2 : width, isMap };
}

/** The product that a weight goes into, perhaps in another form. */
function productOf(weight: Value): Node | undefined {
  const [reader] = weight.consumers;
  const passes = reader && ["LpNormalization", "Transpose"].includes(reader.opType);
  return passes ? productOf(reader.outputs[0]!) : reader;
}

/** The largest and the mean of each channel of the last feature map, one after the other. */
function concatPooled(graph: Graph, at: string | undefined): HeadFeatures {
  const { value, channels } = featureMap(graph, at);
  const flat = (opType: string, what: string) => {
    const pool = graph.add(opType, [value], { name: `${POOL}.${what}` });
    return graph.add("Flatten", [pool.outputs[0]!], { name: `${POOL}.${what}.flat` }).outputs[0]!;
  };
  const parts = [flat("GlobalMaxPool", "largest"), flat("GlobalAveragePool", "mean")];
  const both = graph.add("Concat", parts, { name: POOL, attributes: { axis: int(1) } }).outputs[0]!;
  both.shape = [graph.inputs[0]?.shape?.[0] ?? "batch", 2 * channels];
  return { value: both, inFeatures: 2 * channels };
}

/** The last feature map `[N, C, H, W]`: the one named, or what is pooled for the classifier. */
function featureMap(graph: Graph, at: string | undefined): { value: Value; channels: number } {
  if (at !== undefined) {
    const value = valueNamed(graph, at);
    const channels = channelsOf(value);
    if (value.shape && value.shape.length !== 4 || typeof channels !== "number") throw noMap(at);
    return { value, channels };
  }
  const head = deepestHead(graph);
  if (!head) throw noMap("the model");
  if (head.isMap && !isPooled(head.features)) {
    return { value: head.features, channels: head.inFeatures };
  }
  let node = head.features.producer;
  while (node && FLATTENING.has(node.opType)) node = node.inputs[0]?.producer;
  const map = node?.inputs[0];
  if (!node || !map || !POOLING.has(node.opType)) throw noMap("the model");
  const axes = node.opType === "ReduceMean" ? axesOf(node) : [2, 3];
  const order = axes.join() === "1,2" ? [0, 3, 1, 2] : undefined;
  if (!order && !["2,3", "-2,-1"].includes(axes.join())) throw noMap("the model");
  const attributes = { perm: ints(order ?? []) };
  const value = order
    ? graph.add("Transpose", [map], { name: `${POOL}.turned`, attributes }).outputs[0]!
    : map;
  return { value, channels: head.inFeatures };
}

function isPooled(value: Value): boolean {
  let node = value.producer;
  while (node && FLATTENING.has(node.opType)) node = node.inputs[0]?.producer;
  return node !== undefined && POOLING.has(node.opType);
}

/** The axes of a reduction: an attribute, or from opset 18 on an input. */
function axesOf(node: Node): readonly number[] {
  const given = node.inputs[1]?.constant;
  return node.ints("axes") ?? (given ? toNumbers(given) : []);
}

function noMap(what: string): RangeError {
  return new RangeError(
    `concatPooling() needs a feature map [N, C, H, W] that is pooled for the classifier, and found none ` +
      `in ${what}. Say where it is: replaceHead(model, { at: "name of a node or value", … }), or take ` +
      "another head",
  );
}

function poolNamed(graph: Graph, value: Value, batch: Dim) {
  const { shape } = value;
  if (!shape) {
    const columns = columnsOf(value);
    if (columns !== undefined) return { value, inFeatures: columns };
    const channels = channelsOf(value);
    if (channels === undefined) throw unknownSize(value);
    return { value: flatPool(graph, value, batch), inFeatures: channels };
  }
  const size = shape.length === 3 ? shape[2] : shape[1];
  if (typeof size !== "number") throw unknownSize(value);
  if (shape.length === 2) return { value, inFeatures: size };
  if (shape.length === 3) {
    // Opset 18 made the axes an input; a pool over the tokens means the same in every version.
    const turned = graph.add("Transpose", [value], { attributes: { perm: ints([0, 2, 1]) } });
    return { value: flatPool(graph, turned.outputs[0]!, batch), inFeatures: size };
  }
  return { value: flatPool(graph, value, batch), inFeatures: size };
}

function unknownSize(value: Value): RangeError {
  return new RangeError(
    `The number of features of "${value.name}" is not known (shape [${value.shape ?? "unknown"}])`,
  );
}

function flatPool(graph: Graph, value: Value, batch: Dim): Value {
  const pool = graph.add("GlobalAveragePool", [value], { name: "pool" });
  const flat = graph.add("Flatten", [pool.outputs[0]!], { name: "flatten" }).outputs[0]!;
  flat.type = value.type;
  flat.shape = [batch, "channels"];
  return flat;
}
