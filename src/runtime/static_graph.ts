import type { Graph, Node, Value } from "../onnx/graph.ts";
import { castLikeToCast } from "../onnx/passes/cast_like.ts";
import { explicitPadding } from "../onnx/passes/explicit_padding.ts";
import { constantProgram, replaceByConstants } from "../onnx/passes/fold_constants.ts";
import { removeIdentities } from "../onnx/passes/remove_identities.ts";
import { splitSequences } from "../onnx/passes/split_sequences.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import { isFloat } from "../tensor/dtype.ts";
import { cpu } from "./onnxruntime.ts";

/** Operators that can give a scalar from inputs that are not. */
const SCALAR = new Set([
  "ArgMax",
  "ArgMin",
  "Det",
  "Einsum",
  "Gather",
  "GatherND",
  "If",
  "Loop",
  "MatMul",
  "NegativeLogLikelihoodLoss",
  "Reshape",
  "Scan",
  "Size",
  "SoftmaxCrossEntropyLoss",
  "Squeeze",
]);

/** Constants up to this many elements may say a shape, and stay in the graph that is only looked at. */
const SMALL = 1024;

/**
 * Gives every value of a graph whose inputs have fixed sizes its type and shape, as the engine
 * infers them, and replaces what depends on constants and shapes alone by constants. Constants for
 * which `keep` is true stay variable. Paddings become explicit, casts say their type, and
 * sequences that are only split and picked from are gone.
 */
export async function makeStatic(
  graph: Graph,
  keep: (value: Value) => boolean,
): Promise<void> {
  // A shape that is computed from a shape takes another round; each round folds at least one node.
  for (;;) {
    await inferShapes(graph);
    castLikeToCast(graph);
    if (splitSequences(graph)) continue;
    const program = constantProgram(graph, keep);
    if (!program) break;
    const session = await cpu.session(encodeGraph(program), { optimise: false });
    try {
      replaceByConstants(graph, new Map(Object.entries(await session.run({}))));
    } finally {
      await session.release();
    }
  }
  explicitPadding(graph);
  removeIdentities(graph);
}

/** Gives every value of a graph its type and shape, as far as the engine infers them. */
export async function inferShapes(
  graph: Graph,
  source?: object,
): Promise<void> {
  const probe = graph.clone();
  for (const value of probe.constants()) {
    const constant = value.constant!;
    if (constant.data.length <= SMALL || !isFloat(constant.type)) continue;
    value.constant = undefined;
    probe.inputs.push(value);
  }
  const known = new Set(probe.outputs);
  for (const node of probe.nodes) {
    for (const value of node.outputs) {
      if (!value) continue;
      // What the file declares may be of another size than the inputs have now.
      value.type = undefined;
      value.shape = undefined;
      if (!known.has(value)) probe.outputs.push(value);
    }
  }
  const session = await cpu.session(encodeGraph(probe, { source }), { optimise: false });
  await session.release();
  for (const { name, type, shape } of session.outputs) {
    const value = graph.values.get(name);
    if (!value?.producer) continue;
    value.type = type;
    value.shape = shape.length > 0 || canBeScalar(value.producer) ? shape : undefined;
  }
}

/** The engine reports a shape that it does not know like that of a scalar. */
function canBeScalar(node: Node): boolean {
  return node.domain !== "" || SCALAR.has(node.opType) || node.opType.startsWith("Reduce") ||
    node.inputs.every((value) => !value || value.shape?.length === 0);
}
