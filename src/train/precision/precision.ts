import { z } from "zod";
import type { HalfType } from "../../autodiff/precision/half_operators.ts";

/**
 * What a training step computes its matrix products and convolutions in, forward and backward.
 * Parameters, optimizers, normalisations, softmax, losses and large sums stay float32.
 */
export type Precision = "float32" | HalfType;

/** Precisions that can be asked for. */
export const PRECISIONS = [
  "float32",
  "float16",
  "bfloat16",
] as const satisfies readonly Precision[];

/** The option `precision` as functions check it. */
export const precisionOption = z.enum(PRECISIONS).optional();
