import { z } from "zod";
import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { beta, dirichlet } from "../../tensor/distributions.ts";
import { checkOptions } from "../../tensor/options.ts";
import { anyOf, AUG_MIX, AUG_MIX_SHAPES, stepOf } from "./magnitudes.ts";
import { applySteps, type PolicyStep } from "./operations.ts";
import { type Warp, type WarpOptions, warpSchema } from "./warp.ts";

/** Options of `augMix`; `interpolation` is "bilinear" by default. */
export interface AugMixOptions extends WarpOptions {
  /** How strong operations may be, 1 to 10. @default {3} */
  readonly severity?: number;
  /** Chains of operations that are mixed. @default {3} */
  readonly width?: number;
  /** Operations of a chain. @default drawn: 1 to 3 */
  readonly depth?: number;
  /** Of the distributions that the shares are drawn from; small ones favour few. @default {1} */
  readonly alpha?: number;
  /** Whether brightness, contrast, colour and sharpness are among the operations. @default {true} */
  readonly allOperations?: boolean;
}

/** What `augMix` drew. */
export interface AugMixture {
  /** Share of the picture itself; the chains have the rest. */
  readonly own: number;
  /** The chains, and each one's share of the result. */
  readonly chains: readonly { readonly share: number; readonly steps: readonly PolicyStep[] }[];
}

const BINS = 10;
const schema = z.strictObject({
  severity: z.int().min(1).max(BINS).default(3),
  width: z.int().min(1).default(3),
  depth: z.int().min(1).optional(),
  alpha: z.number().positive().default(1),
  allOperations: z.boolean().default(true),
  ...warpSchema("bilinear"),
});

/**
 * The picture mixed with copies that went through short chains of random operations (Hendrycks et al.
 * 2020, "AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty"), with
 * torchvision's operations, ranges and defaults; the mixture is rounded to the nearest level. The
 * paper's consistency loss is not part of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { augMix } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([0, 100, 255]) };
 * const negative = [{ operation: "invert", amount: 0 }] as const;
 * const mixed = augMix().apply(image, { own: 0.6, chains: [{ share: 0.4, steps: negative }] });
 * assertEquals(mixed.data, new Uint8Array([102, 122, 153]));
 * ```
 */
export function augMix(options: AugMixOptions = {}): Augmentation<AugMixture> {
  const { severity, width, depth, alpha, allOperations, ...warp } = checkOptions(
    "augMix",
    schema,
    options,
  );
  const space = allOperations ? AUG_MIX : AUG_MIX_SHAPES;
  return {
    name: "augMix",
    settings: warp,
    sample(random, widthPx, heightPx) {
      const own = beta(random, alpha);
      const chains = dirichlet(random, alpha, width).map((part) => {
        const length = depth ?? 1 + random.integer(3);
        const steps = Array.from({ length }, () => {
          const operation = anyOf(random, space);
          const share = random.integer(severity) / (BINS - 1);
          return stepOf(random, space, { operation, share, widthPx, heightPx });
        });
        return { share: (1 - own) * part, steps };
      });
      return { own, chains };
    },
    apply: (image, mixture) => mixed(image, mixture, warp),
  };
}

function mixed(image: Image, { own, chains }: AugMixture, warp: Warp): Image {
  const sums = new Float32Array(image.data.length);
  for (let i = 0; i < sums.length; i++) sums[i] = own * image.data[i]!;
  for (const { share, steps } of chains) {
    const { data } = applySteps(image, steps, warp);
    for (let i = 0; i < sums.length; i++) sums[i]! += share * data[i]!;
  }
  return { ...image, data: new Uint8Array(new Uint8ClampedArray(sums).buffer) };
}
