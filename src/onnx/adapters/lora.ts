import { z } from "zod";
import { listed } from "../../tensor/schema_words.ts";
import { checkOptions } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { Model } from "../model.ts";
import { remodel } from "../model_from_graph.ts";
import { select, type Selector } from "../select.ts";
import { attachAdapter } from "./attach.ts";
import { type AdaptableLayer, adaptableLayers, headWeights } from "./layers.ts";
import { adapterNames, adaptersOf, withAdapterRecords } from "./records.ts";

/** Options of `lora`. */
export interface LoraOptions {
  /** Rows of A and columns of B: how many directions a layer may learn. @default {8} */
  readonly rank?: number;
  /** Strength: what is learned is multiplied by `alpha / rank`. @default {16} */
  readonly alpha?: number;
  /**
   * Layers to adapt: all matrix products, those and the convolutions, or the weights that a selector
   * means. The classifier is never adapted: it is small, and trained as it is. @default {"linear"}
   */
  readonly targets?: "linear" | "all" | Selector;
  /** Probability that a number that A reads is dropped while training. @default {0} */
  readonly dropout?: number;
  /** Whether trainable parameters of the classifier stay trainable. @default {true} */
  readonly trainHead?: boolean;
  /** Seed of A. @default {0} */
  readonly seed?: number;
}

const schema: z.ZodType<LoraOptions> = z.strictObject({
  rank: z.number().int().positive().optional(),
  alpha: z.number().positive().optional(),
  targets: z.custom<Selector>((value) => value !== null).describe('"linear", "all" or a selector')
    .optional(),
  dropout: z.number().min(0).max(0.95).optional(),
  trainHead: z.boolean().optional(),
  seed: z.number().int().optional(),
}) as z.ZodType<LoraOptions>;

/**
 * The model with low-rank adapters: beside a layer W·x stands alpha/rank · B·(A·x), with A
 * `[rank, in]` random and B `[out, rank]` zero, so that nothing changes until it is trained (Hu et al.,
 * "LoRA", arXiv 2106.09685; a convolution has A of its own window and B of 1×1, and names and first
 * values are those of Hugging Face's PEFT). All else is frozen but the head. Convolutions in groups
 * are adapted where the rank is a multiple of their number.
 *
 * Throws `RangeError` where no layer can be adapted, or one has an adapter already.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, lora } from "@graft/graft";
 *
 * const model = lora(await loadBackbone("digit_cnn", { weights: "random" }), { rank: 4 });
 * const trained = [...model.parameters.values()].filter((one) => one.trainable);
 * assertEquals(trained.map((one) => one.name), [
 *   ...["fc1.lora_A.weight", "fc1.lora_B.weight", "fc2.weight", "fc2.bias"],
 * ]);
 * ```
 */
export function lora(model: Model, options: LoraOptions = {}): Model {
  const {
    rank = 8,
    alpha = 16,
    targets = "linear",
    dropout = 0,
    trainHead = true,
    seed = 0,
  } = checkOptions("lora", schema, options);
  const graph = model.graph.clone();
  const records = adaptersOf(model);
  const adapted = new Set(records.map(({ weight }) => weight));
  const layers = targetsOf(model, adaptableLayers(graph), targets, rank);
  const again = layers.find(({ weight }) => adapted.has(weight.name));
  if (again) {
    throw new RangeError(
      `lora(): "${again.weight.name}" has an adapter already; merge it first (mergeAdapters), or ` +
        "select other layers",
    );
  }
  const added = layers.map((layer) => {
    const random = rng(seed, "lora", layer.weight.name);
    const dims = [rank, ...layer.patch];
    const bound = 1 / Math.sqrt(sizeOf(layer.patch));
    const a = tensor("float32", dims);
    for (let i = 0; i < a.data.length; i++) a.data[i] = (2 * random.uniform() - 1) * bound;
    return attachAdapter(graph, layer, { a, b: zeroB(layer, rank), alpha, dropout });
  });
  const parts = [...records, ...added].flatMap(({ weight }) => {
    const { a, b } = adapterNames(weight);
    return [a, b];
  });
  const head = trainHead ? headWeights(model) : new Set<string>();
  return remodel(model, graph, {
    metadata: withAdapterRecords(model.metadata, [...records, ...added]),
    trainable: (name) =>
      parts.includes(name) || head.has(name) && model.parameters.get(name)!.trainable,
  });
}

function zeroB({ kind, out, patch, groups }: AdaptableLayer, rank: number): Tensor<"float32"> {
  if (kind === "linear") return tensor("float32", [out, rank]);
  return tensor("float32", [out, rank / groups, ...patch.slice(1).map(() => 1)]);
}

function targetsOf(
  model: Model,
  layers: ReadonlyMap<string, AdaptableLayer>,
  targets: Selector,
  rank: number,
): AdaptableLayer[] {
  const head = headWeights(model);
  const chosen = targets === "linear" ? undefined : select(model, targets);
  const found = [...layers.values()].filter(({ weight: { name }, kind, groups }) =>
    !head.has(name) && rank % groups === 0 && (chosen ? chosen.has(name) : kind === "linear")
  );
  if (found.length > 0) return found;
  const names = [...layers.keys()].filter((name) => !head.has(name)).slice(0, 6);
  throw new RangeError(
    `lora(): no layer to adapt among the "targets" ${Deno.inspect(targets)} at rank ${rank}; ` +
      (names.length > 0
        ? `the model has ${listed(names.map((name) => `"${name}"`), "and")}` +
          (targets === "linear" ? '; "all" takes the convolutions too' : "")
        : "the model has no matrix product or convolution with weights before its head"),
  );
}
