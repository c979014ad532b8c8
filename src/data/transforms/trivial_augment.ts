import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { anyOf, stepOf, TRIVIAL_AUGMENT } from "./magnitudes.ts";
import { applySteps, type PolicyStep } from "./operations.ts";
import { type WarpOptions, warpSchema } from "./warp.ts";

/** Options of `trivialAugment`. */
export interface TrivialAugmentOptions extends WarpOptions {
  /** Steps of the scale of strengths. @default {31} */
  readonly bins?: number;
}

const schema = z.strictObject({ bins: z.int().min(2).default(31), ...warpSchema() });

/**
 * One random operation on shape or colour at a random strength (Müller and Hutter 2021, "TrivialAugment:
 * Tuning-free Yet State-of-the-Art Data Augmentation", the wide ranges), with torchvision's operations,
 * ranges and defaults. There is nothing to tune.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rng, trivialAugment } from "@graft/graft";
 *
 * assertEquals(trivialAugment().sample(rng(0), 224, 224).length, 1);
 * ```
 */
export function trivialAugment(
  options: TrivialAugmentOptions = {},
): Augmentation<readonly PolicyStep[]> {
  const { bins, ...warp } = checkOptions("trivialAugment", schema, options);
  return {
    name: "trivialAugment",
    settings: warp,
    sample: (random, widthPx, heightPx) => {
      const operation = anyOf(random, TRIVIAL_AUGMENT);
      const share = random.integer(bins) / (bins - 1);
      return [stepOf(random, TRIVIAL_AUGMENT, { operation, share, widthPx, heightPx })];
    },
    apply: (image, steps) => applySteps(image, steps, warp),
  };
}
