import { z } from "zod";
import type { Augmentation } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { AUTO_AUGMENT, stepOf } from "./magnitudes.ts";
import { applySteps, type PolicyStep } from "./operations.ts";
import { type AutoAugmentPolicy, POLICIES } from "./policies.ts";
import { type WarpOptions, warpSchema } from "./warp.ts";

const schema = z.strictObject({
  policy: z.enum(["imagenet", "cifar10", "svhn"]),
  ...warpSchema(),
});

/** Strengths go from 0 to this. */
const MOST = 9;

/**
 * One pair of operations from a learned policy (Cubuk et al. 2019, "AutoAugment: Learning Augmentation
 * Strategies from Data"), each with its own probability and strength, as torchvision does them.
 * Throws `RangeError` for an unknown policy.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { autoAugment, rng } from "@graft/graft";
 *
 * assert(autoAugment("imagenet").sample(rng(0), 224, 224).length <= 2);
 * ```
 */
export function autoAugment(
  policy: AutoAugmentPolicy = "imagenet",
  options: WarpOptions = {},
): Augmentation<readonly PolicyStep[]> {
  const { policy: known, ...warp } = checkOptions("autoAugment", schema, { policy, ...options });
  const pairs = POLICIES[known];
  return {
    name: "autoAugment",
    settings: [known, warp],
    sample: (random, widthPx, heightPx) =>
      pairs[random.integer(pairs.length)]!
        .filter(([, probability]) => random.uniform() < probability)
        .map(([operation, , level]) =>
          stepOf(random, AUTO_AUGMENT, { operation, share: level / MOST, widthPx, heightPx })
        ),
    apply: (image, steps) => applySteps(image, steps, warp),
  };
}
