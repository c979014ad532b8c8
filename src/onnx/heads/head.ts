import { z } from "zod";
import type { Task } from "../task.ts";

/**
 * What goes on top of a backbone, from features `[N, D]` to outputs `[N, K]`: described, and built by
 * `replaceHead`. The functions `linear`, `mlp` and their kin make one.
 */
export interface HeadBuilder {
  /** Widths of the layers before the last. */
  readonly hidden: readonly number[];
  /** Probability that a hidden unit is dropped while training. */
  readonly dropout: number;
  /** Whether hidden layers are normalised over the batch. @default {false} */
  readonly batchNorm?: boolean;
  /** How features with positions are pooled: by their mean, or by largest and mean. @default {"mean"} */
  readonly pooling?: "mean" | "largestAndMean";
  /**
   * Where normalisation and dropout are: after each hidden layer, or before every layer, the last one
   * included. @default {"after"}
   */
  readonly normalised?: "after" | "before";
  /** Makes the outputs cosines of features and weights, times this. @default {linear outputs} */
  readonly cosineScale?: number;
  /** Keeps outputs between two numbers by a sigmoid. @default {any number} */
  readonly range?: readonly [lowest: number, highest: number];
  /** Whether each output is brought to length 1. @default {false} */
  readonly unitLength?: boolean;
  /** How many outputs there are, where the head says so. */
  readonly size?: number;
  /** What the outputs are, where the head says so. */
  readonly task?: Task;
}

/** Options that heads with hidden layers share. */
export interface HiddenOptions {
  /** Width of the hidden layer, or of each of several. @default {none} */
  readonly hidden?: number | readonly number[];
  /** Probability that a hidden unit is dropped while training. @default {0} */
  readonly dropout?: number;
  /** Whether hidden layers are normalised over the batch. @default {false} */
  readonly batchNorm?: boolean;
}

/** A width. */
export const width: z.ZodNumber = z.number().int().positive();

/** The schema of `HiddenOptions`. */
export const hiddenShape = {
  hidden: z.union([width, z.array(width)]).optional(),
  dropout: z.number().min(0).max(0.95).optional(),
  batchNorm: z.boolean().optional(),
};

/** The hidden layers of a head. */
export function hiddenLayers(
  { hidden = [], dropout = 0, batchNorm = false }: HiddenOptions,
): Pick<HeadBuilder, "hidden" | "dropout" | "batchNorm"> {
  return { hidden: typeof hidden === "number" ? [hidden] : hidden, dropout, batchNorm };
}
