import { z } from "zod";
import type { HalfType } from "../../autodiff/precision/half_operators.ts";
import type { HalfOptions } from "../../autodiff/precision/to_half.ts";
import { halfProblem } from "../../runtime/half_problem.ts";
import type { Runtime } from "../../runtime/runtime.ts";

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

/**
 * How graphs are made for a precision; `undefined` for float32. Throws `RangeError` where a graphics
 * card cannot compute in float16; operators that a device lacks show while a graph is made.
 */
export async function halfFor(
  runtime: Runtime,
  precision: Precision = "float32",
): Promise<HalfOptions | undefined> {
  if (precision === "float32") return undefined;
  const { device } = runtime;
  const problem = device === "webgpu" && precision === "float16"
    ? await halfProblem(runtime)
    : undefined;
  if (problem === undefined) return { type: precision, device };
  throw new RangeError(
    `precision "${precision}" cannot be had on the device "${device}": the card or its driver lacks ` +
      `the feature shader-f16 (${problem}). Give precision: "float32", or another device`,
  );
}
