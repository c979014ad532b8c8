import { isFloat } from "../tensor/dtype.ts";
import type { Graph, Node, Value } from "./graph.ts";
import type { NodeProto } from "./wire/onnx_pb.ts";

/** Where PyTorch's exporter writes the modules that a node lies in, outermost first, then its own name. */
const SCOPES = "pkg.torch.onnx.name_scopes";

/**
 * Exporters store equal weights once: the older one of PyTorch hands them on through Identity nodes
 * that keep the other names, the newer one lets all modules read the one tensor. Weights that are
 * tied stay so; but tensors that are all zeros or all ones, as biases and scales of a new network,
 * were equal by chance: each becomes a weight of its own again.
 */
export function separateMergedWeights(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.opType !== "Identity" || node.domain !== "") continue;
    const [kept, named] = [node.inputs[0], node.outputs[0]];
    if (!kept || !named || !isUniform(kept)) continue;
    graph.makeConstant(named, kept.constant!);
  }
  for (const value of [...graph.constants()]) {
    if (value.consumers.size > 1 && isFloat(value.constant!.type) && isUniform(value)) {
      separateModules(graph, value);
    }
  }
}

/** Gives every module that reads `value`, but the one it is named after, a weight of its own. */
function separateModules(graph: Graph, value: Value): void {
  const dot = value.name.lastIndexOf(".");
  const [owner, last] = [value.name.slice(0, Math.max(dot, 0)), value.name.slice(dot + 1)];
  const copies = new Map<string, Value>();
  for (const node of [...value.consumers]) {
    const module = moduleOf(node);
    if (!module || module === owner) continue;
    let copy = copies.get(module);
    if (!copy) {
      const name = `${module}.${last}`;
      const free = graph.values.has(name) ? graph.fresh(name) : name;
      copies.set(module, copy = graph.addConstant(free, value.constant!));
    }
    node.inputs.forEach((input, position) => {
      if (input === value) graph.setInput(node, position, copy);
    });
  }
  if (value.consumers.size === 0) graph.removeSource(value);
}

/** The path of the module that a node was made by, where the exporter says so. */
function moduleOf(node: Node): string | undefined {
  const scopes = (node.source as NodeProto | undefined)?.metadataProps
    .find(({ key }) => key === SCOPES)?.value;
  return [...scopes?.matchAll(/'([^']*)'/g) ?? []].at(-2)?.[1];
}

/** Whether all elements of a constant, of which there are several, are the same number. */
export function isUniform({ constant }: Value): boolean {
  if (!constant || constant.data.length < 2) return false;
  const data = constant.data as ArrayLike<number | bigint>;
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return false;
  return true;
}
