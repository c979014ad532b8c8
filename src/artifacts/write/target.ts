import type { Graph } from "../../onnx/graph.ts";
import type { CheckpointVersion } from "../checkpoint/checkpoint.ts";

/**
 * What artifacts are made for: ONNX Runtime's training builds of one version, or `"stock"`, any build
 * that can only run models.
 */
export type ArtifactTarget = "ort-1.17" | "ort-1.19" | "stock";

/** What a runtime reads. */
export interface TargetLimits {
  /** The newest ONNX operator set. */
  readonly opset: number;
  /** The version of the checkpoint file. */
  readonly checkpoint: CheckpointVersion;
}

/** By target. Releases 1.18 and 1.19 read the same files; the stock limit is that of 1.19. */
export const TARGET_LIMITS: Readonly<Record<ArtifactTarget, TargetLimits>> = {
  "ort-1.17": { opset: 20, checkpoint: 1 },
  "ort-1.19": { opset: 21, checkpoint: 2 },
  "stock": { opset: 21, checkpoint: 2 },
};

/** Operators that came, or changed what they do, after opset 20: by the opset that brought them. */
const NEWER: Readonly<Record<string, number>> = {
  Attention: 23,
  BitCast: 26,
  CumProd: 26,
  GroupNormalization: 21,
  RMSNormalization: 23,
  RotaryEmbedding: 23,
  Swish: 24,
  TensorScatter: 24,
};

/** Nodes whose operators `target` does not know. */
export function tooNew(graph: Graph, target: ArtifactTarget): string[] {
  const { opset } = TARGET_LIMITS[target];
  return [...graph.nodes].filter((node) =>
    node.domain === "com.microsoft.nchwc" ||
    node.domain === "" && Object.hasOwn(NEWER, node.opType) && NEWER[node.opType]! > opset
  ).map(String);
}

/**
 * Gives a graph an operator set that `target` reads: newer ones only widened the types of the
 * operators that are left. Throws `TypeError` that names the nodes it does not know.
 */
export function fitTarget(graph: Graph, target: ArtifactTarget): void {
  const { opset } = TARGET_LIMITS[target];
  const unknown = tooNew(graph, target);
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot build artifacts for "${target}", which reads operators up to opset ${opset}; newer ` +
        `are:\n${unknown.map((node) => `  ${node}`).join("\n")}`,
    );
  }
  graph.opsets.set("", Math.min(graph.opsets.get("") ?? opset, opset));
}
