import { z } from "zod";
import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { probability } from "./range.ts";

/** Options of transforms that change a picture or leave it alone. */
export interface OccasionalOptions {
  /** How often a picture is changed. @default {0.5} */
  readonly probability?: number;
}

/** The schema of `OccasionalOptions`. */
export const occasionalSchema: z.ZodType<Required<OccasionalOptions>> = z.strictObject({
  probability: probability.default(0.5),
});

/** A transform that does `change` with a probability; `settings` is what else tells it from others. */
export function occasional(
  name: string,
  { probability, settings }: { readonly probability: number; readonly settings?: unknown },
  change: (image: Image) => Image,
): Augmentation<boolean> {
  return {
    name,
    ...(settings !== undefined && { settings }),
    sample: (random) => random.uniform() < probability,
    apply: (image, changes) => changes ? change(image) : image,
  };
}
