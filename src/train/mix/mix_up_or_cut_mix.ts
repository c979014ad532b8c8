import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { cutMix } from "./cut_mix.ts";
import type { BatchMixing, Mix } from "./mix.ts";
import { mixUp } from "./mix_up.ts";

/** Options of `mixUpOrCutMix`. */
export interface MixUpOrCutMixOptions {
  /** Alpha of `mixUp`. @default {0.8} */
  readonly mixUpAlpha?: number;
  /** Alpha of `cutMix`. @default {1} */
  readonly cutMixAlpha?: number;
  /** How often a mixed batch is cut rather than blended. @default {0.5} */
  readonly switchProbability?: number;
  /** How often a batch is mixed at all. @default {1} */
  readonly probability?: number;
}

const share = z.number().min(0).max(1);
const schema = z.strictObject({
  mixUpAlpha: z.number().positive().default(0.8),
  cutMixAlpha: z.number().positive().default(1),
  switchProbability: share.default(0.5),
  probability: share.default(1),
});

/**
 * `mixUp` or `cutMix`, drawn anew for each batch: timm's `Mixup` with both alphas, at the values of
 * DeiT (Touvron et al. 2021, "Training data-efficient image transformers").
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { mixUpOrCutMix, rng } from "@graft/graft";
 *
 * const mix = mixUpOrCutMix({ switchProbability: 1 });
 * assert(mix.sample(rng(0), 8)?.centre);
 * ```
 */
export function mixUpOrCutMix(
  options: MixUpOrCutMixOptions = {},
): Mix<BatchMixing | undefined> {
  const settings = checkOptions("mixUpOrCutMix", schema, options);
  const { mixUpAlpha, cutMixAlpha, switchProbability, probability } = settings;
  const blend = mixUp({ alpha: mixUpAlpha, probability });
  const cut = cutMix({ alpha: cutMixAlpha, probability });
  return {
    name: "mixUpOrCutMix",
    settings,
    sample: (random, count) =>
      (random.uniform() < switchProbability ? cut : blend).sample(random, count),
    apply: (batch, mixing) => (mixing?.centre ? cut : blend).apply(batch, mixing),
  };
}
