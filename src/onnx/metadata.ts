import { z } from "zod";
import type { Preprocessing } from "../tensor/dataset.ts";

const CLASSES = "graft.classes";
const PREPROCESSING = "graft.preprocessing";
/** Key of the name of an output that `saveModel` added. */
export const PROBABILITIES = "graft.probabilities";

const preprocessing: z.ZodType<Preprocessing> = z.object({
  heightPx: z.number().int().positive(),
  widthPx: z.number().int().positive(),
  resizePx: z.number().int().positive(),
  interpolation: z.enum(["bilinear", "bicubic", "lanczos", "nearest"]),
  range: z.union([z.literal(1), z.literal(255)]),
  mean: z.array(z.number()),
  std: z.array(z.number()),
  channels: z.enum(["rgb", "bgr", "gray"]),
  layout: z.enum(["nchw", "nhwc"]),
});

/** What Graft writes into a file beside its graph. */
export interface GraftFacts {
  /** Labels of the outputs. */
  readonly classes: readonly string[] | undefined;
  /** How pictures become the input. */
  readonly preprocessing: Preprocessing | undefined;
}

/** The facts in a file's metadata; what is missing or damaged is left out. */
export function readFacts(metadata: ReadonlyMap<string, string>): GraftFacts {
  return {
    classes: parsed(metadata.get(CLASSES), z.array(z.string())),
    preprocessing: parsed(metadata.get(PREPROCESSING), preprocessing),
  };
}

/** The metadata with the facts written in. */
export function writeFacts(
  metadata: ReadonlyMap<string, string>,
  facts: GraftFacts,
): Map<string, string> {
  const written = new Map(metadata);
  for (const [key, value] of [[CLASSES, facts.classes], [PREPROCESSING, facts.preprocessing]]) {
    if (value === undefined) written.delete(key as string);
    else written.set(key as string, JSON.stringify(value));
  }
  return written;
}

function parsed<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
