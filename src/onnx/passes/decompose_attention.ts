import { type Attribute, float, int, ints } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { int64s, tensor } from "../../tensor/tensor.ts";
import { addInt64s, addScalar } from "./constants.ts";
import { rankOf } from "./known.ts";
import { release } from "./reroute.ts";

/** What masked scores are set to where every later position is masked. */
const LOWEST = -1e38;

type Attributes = Readonly<Record<string, Attribute>>;

function add(
  graph: Graph,
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  return graph.add(opType, inputs, { attributes }).outputs[0]!;
}

/**
 * The runtime's fused self-attention as products, softmax and sums (`com.microsoft.Attention`).
 * Forms with a past, rotary positions or masks of other kinds stay as they are.
 */
export function attention(graph: Graph, node: Node): void {
  const [x, weight, bias, mask, past, scoreBias, length] = node.inputs;
  const heads = node.int("num_heads", 1);
  const total = weight?.constant?.dims[1] ?? weight?.shape?.[1];
  const maskRank = mask && rankOf(mask);
  if (
    !x || !weight || typeof total !== "number" || past || length ||
    node.int("do_rotary", 0) === 1 ||
    node.outputs.length > 1 || mask && !(maskRank && maskRank <= 3)
  ) return;
  const sizes = node.ints("qkv_hidden_sizes") ?? [total / 3, total / 3, total / 3];
  const product = add(graph, "MatMul", [x, weight]);
  const all = bias ? add(graph, "Add", [product, bias]) : product;
  const parts = graph.add("Split", [all, addInt64s(graph, "sizes", sizes)], {
    outputs: 3,
    attributes: { axis: int(2) },
  }).outputs as Value[];
  const [queries, keys, values] = parts.map((part, which) => {
    const shape = addInt64s(graph, "shape", [0, 0, heads, sizes[which]! / heads]);
    const perm = ints(which === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3]);
    return add(graph, "Transpose", [add(graph, "Reshape", [part, shape])], { perm });
  }) as [Value, Value, Value];
  const scale = node.float("scale", 0) || 1 / Math.sqrt(sizes[0]! / heads);
  let scores = add(graph, "Mul", [
    add(graph, "MatMul", [queries, keys]),
    addScalar(graph, "scale", "float32", scale),
  ]);
  const filter = node.float("mask_filter_value", -10000);
  const added = [
    mask && maskBias(graph, x, mask, maskRank!, filter),
    node.int("unidirectional", 0) === 1 ? causalBias(graph, x) : undefined,
    scoreBias,
  ];
  for (const one of added) if (one) scores = add(graph, "Add", [scores, one]);
  const shares = add(graph, "Softmax", [scores], { axis: int(-1) });
  const mixed = add(graph, "Transpose", [add(graph, "MatMul", [shares, values])], {
    perm: ints([0, 2, 1, 3]),
  });
  take(graph, node, 0, "Reshape", [mixed, addInt64s(graph, "shape", [0, 0, sizes[2]!])]);
  graph.remove(node);
}

/** Sums of embeddings, normalised (`com.microsoft.EmbedLayerNormalization`). */
export function embedLayerNormalization(graph: Graph, node: Node): void {
  const [ids, segments, words, positions, kinds, gamma, beta, mask, places] = node.inputs;
  if (!ids || !words || !positions || !gamma) return;
  const at = places ?? range(graph, ids);
  const own = [
    add(graph, "Gather", [words, ids]),
    add(graph, "Gather", [positions, at]),
    ...segments && kinds ? [add(graph, "Gather", [kinds, segments])] : [],
  ];
  const sum = own.reduce((total, one) => add(graph, "Add", [total, one]));
  const epsilon = float(node.float("epsilon", 1e-12));
  take(graph, node, 0, "LayerNormalization", [sum, gamma, beta], { axis: int(-1), epsilon });
  if (node.outputs[1]) {
    // Without a mask the runtime counts none.
    const marks = mask ?? add(graph, "Sub", [ids, ids]);
    const axis = addInt64s(graph, "axes", [1]);
    take(graph, node, 1, "ReduceSum", [marks, axis], { keepdims: int(0) });
  }
  if (node.outputs[2]) take(graph, node, 2, "Identity", [sum]);
  graph.remove(node);
}

/** Lets a new node make what output `position` of `node` was called, for its readers. */
function take(
  graph: Graph,
  node: Node,
  position: number,
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): void {
  const { name } = node.outputs[position]!;
  release(graph, node, position);
  graph.add(opType, inputs, { outputs: [name], attributes });
}

/** 0 where a position counts, `filter` elsewhere; lengths `[B]`, or marks `[B, T]`, `[B, S, T]`. */
function maskBias(graph: Graph, x: Value, mask: Value, rank: number, filter: number): Value {
  const zero = graph.addConstant(graph.fresh("zero"), tensor("int32", [], [0]));
  const counts = rank === 1
    ? add(graph, "Less", [
      add(graph, "Cast", [range(graph, x)], { to: int(6) }),
      add(graph, "Unsqueeze", [mask, addInt64s(graph, "axes", [1])]),
    ])
    : add(graph, "Greater", [mask, zero]);
  const bias = add(graph, "Where", [
    counts,
    addScalar(graph, "kept", "float32", 0),
    addScalar(graph, "masked", "float32", filter),
  ]);
  return add(graph, "Unsqueeze", [bias, addInt64s(graph, "axes", rank === 3 ? [1] : [1, 2])]);
}

/** 0 for positions up to each one's own, very low for later ones: `[S, S]`. */
function causalBias(graph: Graph, x: Value): Value {
  const places = range(graph, x);
  const rows = add(graph, "Unsqueeze", [places, addInt64s(graph, "axes", [1])]);
  return add(graph, "Where", [
    add(graph, "GreaterOrEqual", [rows, places]),
    addScalar(graph, "kept", "float32", 0),
    addScalar(graph, "masked", "float32", LOWEST),
  ]);
}

/** 0, 1, … along the second axis of `x`, int64. */
function range(graph: Graph, x: Value): Value {
  const scalar = (value: number) => graph.addConstant(graph.fresh("scalar"), int64s([value], []));
  const length = add(graph, "Gather", [add(graph, "Shape", [x]), scalar(1)]);
  return add(graph, "Range", [scalar(0), length, scalar(1)]);
}
