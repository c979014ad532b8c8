import type { Graph, Node, Value } from "../graph.ts";

/** What of a graph is computed with integers. */
export interface QuantisePlan {
  /** Nodes with weights that become integers. */
  readonly weighted: readonly Node[];
  /** Values that become integers, in the order they are computed. */
  readonly activations: ReadonlySet<Value>;
  /** Values that only hold another one's elements in another order, and share its scale. */
  readonly sameAs: ReadonlyMap<Value, Value>;
  /** Nodes with weights that stay as they are, since their form has no integer kernel or they were kept. */
  readonly left: readonly Node[];
}

/** Operators that the engine computes with integers where all they read is integers. */
const JOINING = new Set(["Add", "AveragePool", "Concat", "GlobalAveragePool"]);
/** Operators that pass elements on. */
const MOVING = new Set(["Flatten", "MaxPool", "Reshape", "Squeeze", "Transpose", "Unsqueeze"]);
/** Operators with weights. */
const WEIGHTED = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** Plans the quantisation of a graph whose convolutions hold their batch normalisation; `isKept` leaves nodes out. */
export function quantisePlan(graph: Graph, isKept: (node: Node) => boolean): QuantisePlan {
  const activations = new Set<Value>();
  const sameAs = new Map<Value, Value>();
  const weighted: Node[] = [];
  const left: Node[] = [];
  for (const node of graph.sorted()) {
    if (node.domain !== "") continue;
    const [x] = node.inputs;
    if (WEIGHTED.has(node.opType) && node.inputs[1]?.constant) {
      const isFit = hasIntegerForm(node) && !isKept(node);
      (isFit ? weighted : left).push(node);
      if (!isFit) continue;
      activations.add(x!);
      // A product gives plain numbers at no cost; a convolution of integers must give integers.
      if (node.opType === "Conv") add(graph, activations, settled(graph, node.outputs[0]!));
    } else if (isKept(node)) continue;
    else if (JOINING.has(node.opType) && node.inputs.every((one) => activations.has(one!))) {
      add(graph, activations, settled(graph, node.outputs[0]!));
    } else if (MOVING.has(node.opType) && activations.has(x!) && !node.outputs[1]) {
      const moved = node.outputs[0]!;
      if (graph.outputs.includes(moved)) continue;
      activations.add(moved);
      sameAs.set(moved, sameAs.get(x!) ?? x!);
    }
  }
  return { weighted, activations, sameAs, left };
}

/** Outputs of the graph stay plain numbers. */
function add(graph: Graph, activations: Set<Value>, value: Value): void {
  if (!graph.outputs.includes(value)) activations.add(value);
}

/** The value after a ReLU, whose bounds the range of the integers takes over. */
function settled(graph: Graph, value: Value): Value {
  const [reader] = value.consumers;
  const isBound = value.consumers.size === 1 && !graph.outputs.includes(value) &&
    reader!.domain === "" && (reader!.opType === "Relu" || reader!.opType === "Clip") &&
    reader!.inputs[0] === value;
  return isBound ? reader!.outputs[0]! : value;
}

function hasIntegerForm(node: Node): boolean {
  const [x, weight, bias] = node.inputs;
  if (x?.constant || weight!.constant!.type !== "float32") return false;
  const rank = weight!.constant!.dims.length;
  const isBias = !bias || bias.constant?.type === "float32";
  if (node.opType === "Conv") return isBias;
  if (node.opType === "MatMul") return rank === 2;
  const columns = weight!.constant!.dims[node.int("transB", 0) === 1 ? 0 : 1];
  return node.opType === "Gemm" && node.int("transA", 0) === 0 && node.float("alpha", 1) === 1 &&
    isBias && (!bias || node.float("beta", 1) === 1 && bias.constant!.data.length === columns);
}
