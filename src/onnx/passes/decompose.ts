import { type Attribute, float } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { addInt64s, addScalar } from "./constants.ts";
import { embedLayerNormalization } from "./decompose_embeddings.ts";
import { release } from "./reroute.ts";

/** Operators that are written as several simpler ones, by domain and name. */
export const DECOMPOSED: Readonly<Record<string, (graph: Graph, node: Node) => void>> = {
  MeanVarianceNormalization: meanVariance,
  "com.microsoft.BiasGelu": biasGelu,
  "com.microsoft.EmbedLayerNormalization": embedLayerNormalization,
  "com.microsoft.FusedConv": fusedConv,
  "com.microsoft.FusedGemm": fusedGemm,
};

type Attributes = Readonly<Record<string, Attribute>>;

/** Adds a node and gives its output. */
function add(
  graph: Graph,
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  const [made] = graph.add(opType, inputs, { attributes }).outputs as [Value];
  made.type = inputs[0]!.type;
  return made;
}

/** Lets `value` take the name and the readers of the node's output, and removes the node. */
function finish(graph: Graph, node: Node, value: Value): void {
  const output = node.outputs[0]!;
  release(graph, node, 0);
  graph.remove(node);
  graph.add("Identity", [value], { outputs: [output.name], name: node.name });
}

/** (X − mean)/(√variance + 1e-9) over the axes. */
function meanVariance(graph: Graph, node: Node): void {
  const [x] = node.inputs as [Value];
  const axes = addInt64s(graph, "axes", node.ints("axes") ?? [0, 2, 3]);
  const centred = add(graph, "Sub", [x, add(graph, "ReduceMean", [x, axes])]);
  const variance = add(graph, "ReduceMean", [add(graph, "Mul", [centred, centred]), axes]);
  const tiny = addScalar(graph, "epsilon", x.type ?? "float32", 1e-9);
  const deviation = add(graph, "Add", [add(graph, "Sqrt", [variance]), tiny]);
  finish(graph, node, add(graph, "Div", [centred, deviation]));
}

/** Gelu of A + B. */
function biasGelu(graph: Graph, node: Node): void {
  const [a, b] = node.inputs as [Value, Value];
  const { outputs } = graph.add("Gelu", [add(graph, "Add", [a, b])], { domain: "com.microsoft" });
  finish(graph, node, outputs[0]!);
}

/** A convolution, what is added to it, and an activation. */
function fusedConv(graph: Graph, node: Node): void {
  const [x, weight, bias, other] = node.inputs as [Value, Value, Value?, Value?];
  const made = add(graph, "Conv", [x, weight, bias], without(node, "activation"));
  const sum = other ? add(graph, "Add", [made, other]) : made;
  const given = node.attributes.get("activation_params");
  finish(graph, node, activated(graph, node, sum, given?.kind === "floats" ? given.value : []));
}

/** A Gemm and an activation. */
function fusedGemm(graph: Graph, node: Node): void {
  const made = add(graph, "Gemm", node.inputs, without(node, "activation"));
  const numbers = ["alpha", "beta"].flatMap((name) => {
    const given = node.attributes.get(`activation_${name}`);
    return given?.kind === "float" ? [given.value] : [];
  });
  finish(graph, node, activated(graph, node, made, numbers));
}

/** Attributes whose names do not begin with `prefix`. */
function without(node: Node, prefix: string): Attributes {
  return Object.fromEntries([...node.attributes].filter(([name]) => !name.startsWith(prefix)));
}

function activated(graph: Graph, node: Node, x: Value, numbers: readonly number[]): Value {
  const name = node.string("activation", "");
  const [first, second] = numbers;
  switch (name) {
    case "":
      return x;
    case "Clip":
      return add(graph, "Clip", [
        x,
        addScalar(graph, "min", x.type ?? "float32", first ?? -Infinity),
        addScalar(graph, "max", x.type ?? "float32", second ?? Infinity),
      ]);
    case "LeakyRelu":
      return add(graph, name, [x], { alpha: float(first ?? 0.01) });
    case "HardSigmoid":
      return add(graph, name, [x], { alpha: float(first ?? 0.2), beta: float(second ?? 0.5) });
    default:
      return add(graph, name, [x]);
  }
}
