import type { Graph, Node, Value } from "../graph.ts";
import type { Model } from "../model.ts";

/** A layer that an adapter can stand beside: a product with one matrix, or a convolution. */
export interface AdaptableLayer {
  /** The weight, a constant. */
  readonly weight: Value;
  /** What it is. */
  readonly kind: "linear" | "conv";
  /** The nodes that apply it: several where layers share a weight. */
  readonly nodes: readonly Node[];
  /** Whether the constant is `[out, in]` as PyTorch keeps it, against `[in, out]`. */
  readonly outFirst: boolean;
  /** Numbers or channels it puts out. */
  readonly out: number;
  /** Shape of what one output is made of: `[in]`, or `[in / groups, ...kernel]`. */
  readonly patch: readonly number[];
  /** Groups of a convolution. */
  readonly groups: number;
  /** What the product is multiplied by (`alpha` of Gemm). */
  readonly productScale: number;
}

/** A constant as a node sees it. */
interface Seen {
  readonly constant: Value;
  readonly isTurned: boolean;
}

/**
 * The layers of a graph that can have an adapter, by their weights' names: Gemm and MatMul with a
 * constant matrix on the right, perhaps turned by a Transpose, and Conv. A weight that is also read
 * elsewhere, such as a tied embedding, is not among them: merging would change both.
 */
export function adaptableLayers(graph: Graph): Map<string, AdaptableLayer> {
  const found = new Map<string, AdaptableLayer>();
  for (const node of graph.sorted()) {
    const layer = layerOf(node);
    if (!layer) continue;
    const { name } = layer.weight;
    const known = found.get(name);
    if (known && !isAlike(known, layer)) continue;
    found.set(name, { ...layer, nodes: [...known?.nodes ?? [], node] });
  }
  for (const [name, { weight, nodes }] of found) {
    if (readersOf(weight).some((reader) => !nodes.includes(reader))) found.delete(name);
  }
  return found;
}

/** The weights of a model's classifier. */
export function headWeights(model: Model): Set<string> {
  const parameters = [...model.parameters.values()];
  return new Set(parameters.filter(({ head }) => head).map(({ name }) => name));
}

function isAlike(a: AdaptableLayer, b: AdaptableLayer): boolean {
  return a.kind === b.kind && a.outFirst === b.outFirst && a.groups === b.groups &&
    a.productScale === b.productScale;
}

function layerOf(node: Node): AdaptableLayer | undefined {
  const seen = node.domain === "" && node.inputs[1] && constantSeen(node.inputs[1]);
  if (!seen || seen.constant.constant!.type !== "float32") return undefined;
  const { constant: weight } = seen;
  const dims = weight.constant!.dims;
  if (node.opType === "Conv") {
    if (seen.isTurned || dims.length < 3) return undefined;
    const [out, ...patch] = dims as [number, ...number[]];
    const groups = node.int("group", 1);
    const fixed = { outFirst: true, productScale: 1 };
    return { weight, kind: "conv", nodes: [node], out, patch, groups, ...fixed };
  }
  const isGemm = node.opType === "Gemm" && node.int("transA", 0) === 0;
  if (!isGemm && node.opType !== "MatMul" || dims.length !== 2) return undefined;
  const outFirst = seen.isTurned !== (isGemm && node.int("transB", 0) === 1);
  const [out, into] = outFirst ? [dims[0]!, dims[1]!] : [dims[1]!, dims[0]!];
  const productScale = isGemm ? node.float("alpha", 1) : 1;
  const shape = { outFirst, out, patch: [into], groups: 1 };
  return { weight, kind: "linear", nodes: [node], productScale, ...shape };
}

/** The constant behind a value, through Identity and turns of a matrix. */
function constantSeen(value: Value): Seen | undefined {
  let at = value;
  let isTurned = false;
  while (at.producer && at.producer.domain === "") {
    const { opType, inputs } = at.producer;
    if (opType === "Transpose") {
      const perm = at.producer.ints("perm");
      if (perm && (perm.length !== 2 || perm[0] !== 1)) return undefined;
      isTurned = !isTurned;
    } else if (opType !== "Identity") return undefined;
    at = inputs[0]!;
  }
  return at.constant ? { constant: at, isTurned } : undefined;
}

/** The nodes that read a value, through Identity and turns. */
function readersOf(value: Value): Node[] {
  return [...value.consumers].flatMap((node) =>
    node.opType === "Identity" || node.opType === "Transpose"
      ? node.outputs.flatMap((output) => output ? readersOf(output) : [])
      : [node]
  );
}
