import { z } from "zod";
import { beta } from "../../tensor/distributions.ts";
import { checkOptions } from "../../tensor/options.ts";
import { permutation, type Rng } from "../../tensor/rng.ts";
import type { ArrayOf, DataType } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { BatchMixing, Mix } from "./mix.ts";
import { mixable, mixTargets } from "./mix_targets.ts";

/** Options of `mixUp` and `cutMix`. */
export interface MixOptions {
  /** Of the beta distribution that shares are drawn from; small ones mix little. @default 0.2 for mixUp, 1 for cutMix */
  readonly alpha?: number;
  /** How often a batch is mixed. @default {1} */
  readonly probability?: number;
}

/** The schema of `MixOptions`. */
export function mixSchema(alpha: number): z.ZodType<Required<MixOptions>> {
  return z.strictObject({
    alpha: z.number().positive().default(alpha),
    probability: z.number().min(0).max(1).default(1),
  });
}

/** Draws partners and a share of Beta(α, α); `undefined` where the batch stays as it is. */
export function drawMixing(
  random: Rng,
  count: number,
  { alpha, probability }: Required<MixOptions>,
): BatchMixing | undefined {
  if (random.uniform() >= probability) return undefined;
  return { share: beta(random, alpha), partners: permutation(count, random) };
}

/**
 * Each example becomes λ of itself and 1 − λ of another of its batch, inputs and targets alike, with one
 * λ of Beta(α, α) a batch (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"). Class
 * indices become distributions over the classes. Pictures are mixed as bytes, rounded to the nearest:
 * half a level at most from a mixture of the normalised ones, as normalising is linear. Throws
 * `TypeError` for inputs that are no pictures and not float32.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mixUp } from "@graft/graft";
 *
 * const floats = (dims: number[], ...values: number[]) =>
 *   ({ type: "float32", dims, data: Float32Array.from(values) }) as const;
 * const batch = {
 *   inputs: { x: floats([2, 1], 0, 8) },
 *   targets: floats([2, 2], 1, 0, 0, 1),
 *   weights: floats([2], 1, 1),
 *   count: 2,
 *   layout: "nchw",
 * } as const;
 * const mixed = mixUp().apply(batch, { share: 0.75, partners: [1, 0] });
 * assertEquals(mixed.inputs.x!.data, Float32Array.of(2, 6));
 * assertEquals(mixed.targets.data, Float32Array.of(0.75, 0.25, 0.25, 0.75));
 * ```
 */
export function mixUp(options: MixOptions = {}): Mix<BatchMixing | undefined> {
  const settings = checkOptions("mixUp", mixSchema(0.2), options);
  return {
    name: "mixUp",
    settings,
    sample: (random, count) => drawMixing(random, count, settings),
    apply(batch, mixing) {
      if (mixing === undefined) return batch;
      const inputs = Object.entries(batch.inputs).map(([name, input]) =>
        [name, blended(name, input, batch.count, mixing)] as const
      );
      return { ...batch, inputs: Object.fromEntries(inputs), ...mixTargets(batch, mixing) };
    },
  };
}

function blended(
  name: string,
  input: Tensor,
  count: number,
  { share, partners }: BatchMixing,
): Tensor {
  const from = mixable("mixUp", name, input);
  const data = from.slice();
  const each = data.length / input.dims[0]!;
  // Bytes drop fractions, so halves are added to them.
  const rounding = input.type === "uint8" ? 0.5 : 0;
  for (let row = 0; row < count; row++) {
    const start = row * each, other = partners[row]! * each;
    for (let i = 0; i < each; i++) {
      data[start + i] = share * from[start + i]! + (1 - share) * from[other + i]! + rounding;
    }
  }
  return { ...input, data: data as ArrayOf<DataType> };
}
