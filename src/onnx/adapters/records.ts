import { z } from "zod";
import type { Model } from "../model.ts";

/** Key of the list of adapters in a model's metadata. */
const ADAPTERS = "graft.adapters";

/** What is known about one adapter of a model; its weights are parameters like others. */
export interface AdapterRecord {
  /** Name of the weight that it adapts. */
  readonly weight: string;
  /** Names of the values that the adapted layer puts out. */
  readonly outputs: readonly string[];
  /** Whether the weight is `[out, in, ...]`. */
  readonly outFirst: boolean;
  /** Groups of a convolution. */
  readonly groups: number;
  /** Rows of A. */
  readonly rank: number;
  /** The strength: what A and B give together is multiplied by `alpha / rank`. */
  readonly alpha: number;
  /** Probability that a number that A reads is dropped while training. */
  readonly dropout: number;
  /** What the layer's own product is multiplied by (`alpha` of Gemm). */
  readonly productScale: number;
}

const record: z.ZodType<AdapterRecord> = z.object({
  weight: z.string(),
  outputs: z.array(z.string()),
  outFirst: z.boolean(),
  groups: z.number(),
  rank: z.number(),
  alpha: z.number(),
  dropout: z.number(),
  productScale: z.number(),
});

/** The adapters of a model that are still there, in order. */
export function adaptersOf(model: Model): AdapterRecord[] {
  const text = model.metadata.get(ADAPTERS);
  if (text === undefined) return [];
  try {
    const found = z.array(record).safeParse(JSON.parse(text)).data ?? [];
    return found.filter((one) => model.graph.values.has(adapterNames(one.weight).a));
  } catch {
    return [];
  }
}

/** The metadata with this list of adapters. */
export function withAdapterRecords(
  metadata: ReadonlyMap<string, string>,
  records: readonly AdapterRecord[],
): Map<string, string> {
  const written = new Map(metadata);
  written.delete(ADAPTERS);
  if (records.length > 0) written.set(ADAPTERS, JSON.stringify(records));
  return written;
}

/** Names of an adapter's parts, as PEFT names them after the module. */
export function adapterNames(weight: string): {
  readonly module: string;
  readonly a: string;
  readonly b: string;
} {
  const module = moduleOf(weight);
  return { module, a: `${module}.lora_A.weight`, b: `${module}.lora_B.weight` };
}

/** The module that a weight belongs to. */
export function moduleOf(weight: string): string {
  return weight.replace(/\.weight$/, "");
}
