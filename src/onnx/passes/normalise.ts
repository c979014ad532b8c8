import type { Graph, Node } from "../graph.ts";
import { CANONICAL } from "./canonical.ts";
import { DECOMPOSED } from "./decompose.ts";
import { RESIZE_UPGRADES } from "./upgrade_resize.ts";
import { SOFTMAX_UPGRADES } from "./upgrade_softmax.ts";
import { INPUT_UPGRADES } from "./upgrade_inputs.ts";
import { LAYER_UPGRADES } from "./upgrade_layers.ts";
import { refuse, type Upgrades } from "./upgrade.ts";

const OLDEST = 7;
const TARGET = 18;

const UPGRADES: Upgrades = {
  ...INPUT_UPGRADES,
  ...LAYER_UPGRADES,
  ...RESIZE_UPGRADES,
  ...SOFTMAX_UPGRADES,
};

/**
 * Brings a graph of opset 7 or newer to the forms of opset 18, so that nothing after it asks for a
 * version; newer graphs keep their opset. Names of inputs, outputs and constants stay. Throws
 * `RangeError` at older opsets and at the few nodes that have no newer form.
 */
export function normalise(graph: Graph): void {
  const opset = readOpset(graph);
  for (const node of [...graph.nodes]) {
    if (node.domain !== "") continue;
    refuseOldSubgraph(node, opset);
    const upgrade = upgradeOf(node.opType);
    if (upgrade && opset < upgrade.since) upgrade.apply(graph, node, opset);
    if (Object.hasOwn(CANONICAL, node.opType)) CANONICAL[node.opType]!(graph, node);
  }
  graph.opsets.set("", Math.max(opset, TARGET));
  for (const node of [...graph.nodes]) {
    const name = node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
    if (Object.hasOwn(DECOMPOSED, name)) DECOMPOSED[name]!(graph, node);
  }
}

/** `ai.onnx` is another name of ONNX's own domain. */
function readOpset(graph: Graph): number {
  const opset = graph.opsets.get("") ?? graph.opsets.get("ai.onnx");
  if (opset === undefined) {
    if ([...graph.nodes].every((node) => node.domain !== "")) return TARGET;
    throw new RangeError("The model does not say which ONNX operator set it uses: export it again");
  }
  if (opset < OLDEST) {
    throw new RangeError(
      `The model uses ONNX operator set ${opset}; ${OLDEST} is the oldest that is supported. ` +
        "Export it again, or convert it with onnx.version_converter",
    );
  }
  graph.opsets.delete("ai.onnx");
  return opset;
}

function upgradeOf(opType: string): Upgrades[string] | undefined {
  return Object.hasOwn(UPGRADES, opType) ? UPGRADES[opType] : undefined;
}

/** Subgraphs are written back as they were read, so they must mean the same in the new opset. */
function refuseOldSubgraph(node: Node, opset: number): void {
  for (const { kind, source } of node.attributes.values()) {
    if (kind !== "other" || opset >= TARGET) continue;
    const old = [...operators(source)].find((name) => {
      const upgrade = upgradeOf(name);
      return upgrade && opset < upgrade.since || name === "Split" || name === "Scan" && opset < 9;
    });
    if (old) {
      refuse(
        node,
        `a subgraph inside uses ${old} of opset ${opset}, which is not rewritten there`,
        `Export the model again with opset ${TARGET} or newer`,
      );
    }
  }
}

/** Operators named anywhere inside a message. */
function* operators(message: unknown): Iterable<string> {
  if (typeof message !== "object" || message === null || ArrayBuffer.isView(message)) return;
  for (const [key, part] of Object.entries(message)) {
    if (key === "opType" && typeof part === "string") yield part;
    else yield* operators(part);
  }
}
