import { z } from "zod";
import type { Graph, Node } from "../../onnx/graph.ts";
import { readGraph } from "../../onnx/read_model.ts";

/** The entry of a stock optimizer's metadata that says what it was made of, as JSON. */
export const OPTIMIZER = "graft.optimizer";

/** What an official optimizer model does to the parameters. */
export interface OptimizerModel {
  /** The update. */
  readonly update: AdamWUpdate | SgdUpdate | OwnUpdate;
  /** The largest norm of all gradients together, beyond which they are scaled down. */
  readonly clipNorm: number | undefined;
}

/** An optimizer of Graft's, which a file in the stock form names. */
export interface OwnUpdate {
  readonly kind: "own";
  /** Name of the optimizer, such as `adamW`. */
  readonly name: string;
  /** The options that it was made with. */
  readonly settings: Readonly<Record<string, number | boolean>>;
}

/** parameters −= learning rate·gradients. */
export interface SgdUpdate {
  readonly kind: "sgd";
}

/**
 * With m ← alpha·m + (1 − alpha)·g and v ← beta·v + (1 − beta)·g²: mode 0 is PyTorch's AdamW (decay
 * first, epsilon beside the corrected root of v), mode 1 that of the first Transformers library
 * (epsilon beside the uncorrected root, decay last, by the learning rate itself).
 */
export interface AdamWUpdate {
  readonly kind: "adamW";
  /** Decay of the mean of gradients. */
  readonly alpha: number;
  /** Decay of the mean of their squares. */
  readonly beta: number;
  /** Added to the root. */
  readonly epsilon: number;
  /** Share of the learning rate by which parameters shrink. */
  readonly weightDecay: number;
  /** Whether the first steps are corrected for moments that begin at 0. */
  readonly correctBias: boolean;
  /** Which of the two forms. */
  readonly mode: 0 | 1;
}

/**
 * Reads an `optimizer_model.onnx`. Its graph works on lists of tensors, which `onnxruntime-node`
 * cannot be fed, so that only its settings are taken. Throws `SyntaxError` where the bytes are not
 * an optimizer model, and `TypeError` where it does what Graft does not know.
 */
export async function readOptimizerModel(bytes: Uint8Array): Promise<OptimizerModel> {
  const { graph, proto } = await readGraph(bytes, { file: "The optimizer model" });
  const own = proto.metadataProps.find(({ key }) => key === OPTIMIZER);
  if (own) return readOwn(own.value);
  const nodes = [...graph.nodes];
  const updates = nodes.filter(({ opType }) => Object.hasOwn(UPDATES, opType));
  if (updates.length !== 1) {
    throw new SyntaxError(
      `The optimizer model has ${updates.length} nodes that update parameters; it must have one ` +
        "AdamWOptimizer or SGDOptimizerV2",
    );
  }
  const clips = nodes.filter(({ opType }) => opType === "InplaceClipGradNorm");
  const others = nodes.filter((node) => !updates.includes(node) && !clips.includes(node));
  if (others.length > 0 || clips.length > 1) {
    const unknown = [...others, ...clips.slice(1)].join(", ");
    throw new TypeError(`Cannot read the optimizer model: it also has ${unknown}`);
  }
  const [update] = updates as [Node];
  refuseRewired(graph, update);
  return { update: UPDATES[update.opType]!(update), clipNorm: clips[0]?.float("max_norm", 1) };
}

const ownSchema = z.object({
  name: z.string(),
  settings: z.record(z.string(), z.union([z.number(), z.boolean()])),
  clipNorm: z.number().optional(),
});

function readOwn(text: string): OptimizerModel {
  const { success, data } = ownSchema.safeParse(parsed(text));
  if (!success) {
    throw new SyntaxError(`The optimizer model's metadata "${OPTIMIZER}" is damaged: ${text}`);
  }
  const { name, settings, clipNorm } = data;
  return { update: { kind: "own", name, settings }, clipNorm };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const UPDATES: Readonly<Record<string, (node: Node) => AdamWUpdate | SgdUpdate>> = {
  AdamWOptimizer: (node) => {
    const mode = node.int("adam_mode", 0);
    if (mode !== 0 && mode !== 1) throw new TypeError(`Cannot read ${node}: adam_mode is ${mode}`);
    return {
      kind: "adamW",
      alpha: node.float("alpha", 0.9),
      beta: node.float("beta", 0.999),
      epsilon: node.float("epsilon", 1e-8),
      weightDecay: node.float("weight_decay", 0),
      correctBias: node.int("correct_bias", 1) === 1,
      mode,
    };
  },
  SGDOptimizerV2: () => ({ kind: "sgd" }),
};

/** The first input must be the graph's own learning rate, not something made of it. */
function refuseRewired(graph: Graph, node: Node): void {
  const rate = node.inputs[0];
  if (rate && graph.inputs.includes(rate)) return;
  throw new TypeError(`Cannot read ${node}: its learning rate is no input of the model`);
}
