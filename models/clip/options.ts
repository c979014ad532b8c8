import { z } from "zod";
import { checkOptions } from "../../src/tensor/options.ts";

/** Options that both towers of CLIP share; the sizes are those of `clip_vit_b_32` unless said otherwise. */
export interface ClipTowerOptions {
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
  /** Numbers of an embedding, the same in both towers (`projection_dim`). @default {512} */
  readonly embedding?: number;
  /** Blocks of attention and two dense layers (`num_hidden_layers`). @default {12} */
  readonly layers?: number;
  /** Numbers that stand for a token (`hidden_size`), a multiple of `heads`. @default {768 for pictures, 512 for texts} */
  readonly hidden?: number;
  /** Heads of every attention (`num_attention_heads`). @default {12 for pictures, 8 for texts} */
  readonly heads?: number;
  /** Numbers between the two dense layers of a block (`intermediate_size`). @default {4 · hidden} */
  readonly intermediate?: number;
}

/** Options of `clipImage`. */
export interface ClipImageOptions extends ClipTowerOptions {
  /** Height and width of the input, in pixels; a multiple of `patchPx`. @default {224} */
  readonly sizePx?: number;
  /** Height and width of the squares that become tokens, in pixels. @default {32} */
  readonly patchPx?: number;
}

/** Options of `clipText`. */
export interface ClipTextOptions extends ClipTowerOptions {
  /** Tokens that there are (`vocab_size`). @default {49408} */
  readonly vocabulary?: number;
  /** The longest text, in tokens (`max_position_embeddings`). @default {77} */
  readonly maxPositions?: number;
  /** The token that ends every text, at whose place its embedding is read (`eos_token_id`). @default {the last} */
  readonly end?: number;
}

const count = z.number().int().min(1);
const tower = {
  seed: z.number().int().optional(),
  embedding: count.optional(),
  layers: count.optional(),
  hidden: count.optional(),
  heads: count.optional(),
  intermediate: count.optional(),
};

const imageSchema: z.ZodType<ClipImageOptions> = z.strictObject({
  ...tower,
  sizePx: count.optional(),
  patchPx: count.optional(),
}) as z.ZodType<ClipImageOptions>;
const textSchema: z.ZodType<ClipTextOptions> = z.strictObject({
  ...tower,
  vocabulary: count.optional(),
  maxPositions: count.optional(),
  end: z.number().int().min(0).optional(),
}) as z.ZodType<ClipTextOptions>;

/** Sizes of a tower's blocks. */
export interface TowerSizes {
  /** Blocks. */
  readonly layers: number;
  /** Numbers that stand for a token. */
  readonly hidden: number;
  /** Heads of every attention. */
  readonly heads: number;
  /** Numbers between the two dense layers. */
  readonly intermediate: number;
}

/** The options of `clipImage`, checked and filled in. */
export function imageSizes(options: ClipImageOptions): Required<ClipImageOptions> {
  const checked = checkOptions("clipImage", imageSchema, options);
  const { seed = 0, embedding = 512, layers = 12, hidden = 768, heads = 12 } = checked;
  const { intermediate = 4 * hidden, sizePx = 224, patchPx = 32 } = checked;
  mustDivide("clipImage", "hidden", hidden, heads);
  mustDivide("clipImage", "sizePx", sizePx, patchPx);
  return { seed, embedding, layers, hidden, heads, intermediate, sizePx, patchPx };
}

/** The options of `clipText`, checked and filled in. */
export function textSizes(options: ClipTextOptions): Required<ClipTextOptions> {
  const checked = checkOptions("clipText", textSchema, options);
  const { seed = 0, embedding = 512, layers = 12, hidden = 512, heads = 8 } = checked;
  const { intermediate = 4 * hidden, vocabulary = 49_408, maxPositions = 77 } = checked;
  const { end = vocabulary - 1 } = checked;
  mustDivide("clipText", "hidden", hidden, heads);
  return {
    seed,
    embedding,
    layers,
    hidden,
    heads,
    intermediate,
    vocabulary,
    maxPositions,
    end,
  };
}

function mustDivide(what: string, option: string, whole: number, part: number): void {
  if (whole % part === 0) return;
  throw new RangeError(
    `${what}(): option "${option}" must be a multiple of ${part}, found ${whole}`,
  );
}
