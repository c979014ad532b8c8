import { z } from "zod";
import type { Model } from "../onnx/model.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import type { FitOptions } from "../train/fit_options.ts";
import { settingsFor } from "../train/settings_for.ts";
import { type RateSuggestion, suggestRates } from "./lr_find/suggestion.ts";
import { sweep } from "./lr_find/sweep.ts";

export type { RateSuggestion };

/** Options of `lrFind`: how far it goes, and those of `fit` that a step depends on. */
export interface LrFindOptions extends
  Pick<
    FitOptions,
    | "optimizer"
    | "groups"
    | "learningRate"
    | "layerDecay"
    | "decayBiases"
    | "clip"
    | "loss"
    | "augment"
    | "batchNorm"
    | "device"
    | "seed"
    | "shuffle"
    | "verbose"
  > {
  /** Examples a step. @default {32} */
  readonly batchSize?: number;
  /** The first learning rate. @default {1e-7} */
  readonly from?: number;
  /** The last learning rate. @default {10} */
  readonly to?: number;
  /** Steps from the one to the other, each the same factor higher. @default {100} */
  readonly steps?: number;
  /** Ends where the loss is so many times the lowest one; `Infinity` for never. @default {4} */
  readonly stopAt?: number;
}

/** What `lrFind` found; `plotLearningRates` draws it. */
export interface LrFindResult {
  /** The learning rate of each step taken. */
  readonly learningRates: readonly number[];
  /** The loss at each, smoothed: a decaying mean over the batches so far. */
  readonly losses: readonly number[];
  /** Learning rates worth trying. */
  readonly suggestion: RateSuggestion;
}

const own = {
  from: z.number().positive().optional(),
  to: z.number().positive().optional(),
  steps: z.number().int().min(20).optional(),
  batchSize: z.number().int().positive().optional(),
  stopAt: z.union([z.number().gt(1), z.literal(Infinity)]).describe("a number above 1").optional(),
};
/** `fit` checks these. */
const training = {
  optimizer: z.unknown().optional(),
  groups: z.unknown().optional(),
  learningRate: z.unknown().optional(),
  layerDecay: z.unknown().optional(),
  decayBiases: z.unknown().optional(),
  clip: z.unknown().optional(),
  loss: z.unknown().optional(),
  augment: z.unknown().optional(),
  batchNorm: z.unknown().optional(),
  device: z.unknown().optional(),
  seed: z.unknown().optional(),
  shuffle: z.unknown().optional(),
  verbose: z.unknown().optional(),
};
const schema: z.ZodType<LrFindOptions> = z.strictObject({ ...own, ...training }) as z.ZodType<
  LrFindOptions
>;

/** What is left of the mean loss at each batch, as in fastai. */
const SMOOTHING = 0.98;

/**
 * Looks for a learning rate: trains a copy of the model for some steps at higher and higher rates and
 * follows the loss (Smith, arXiv 1506.01186; the procedure and its numbers are those of fastai's `lr_find`).
 * The model stays as it is. Where parameters have rates of their own, these keep their ratio to the
 * optimizer's, which is the one that rises. Throws `RangeError` where the loss diverges before a curve can be seen.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { adamW, arrays, fit, loadBackbone, lrFind } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const pixels = Float32Array.from({ length: 8 * 784 }, (_, i) => Math.sin(i * (1 + i % 8)));
 * const x = { type: "float32", dims: [8, 1, 28, 28], data: pixels } as const;
 * const labels = BigInt64Array.from({ length: 8 }, (_, i) => BigInt(i % 10));
 * const data = arrays({ inputs: { x }, targets: { type: "int64", dims: [8], data: labels } });
 * const { suggestion } = await lrFind(model, data, { steps: 40, batchSize: 8, verbose: false });
 * assert(suggestion.valley > 1e-7 && suggestion.valley < 1);
 * const optimizer = adamW({ learningRate: suggestion.valley });
 * await fit(model, data, { optimizer, epochs: 1, verbose: false });
 * ```
 */
export async function lrFind(
  model: Model,
  dataset: Dataset,
  options: LrFindOptions = {},
): Promise<LrFindResult> {
  const checked = checkOptions("lrFind", schema, options);
  const { from = 1e-7, to = 10, steps = 100, stopAt = 4, ...training } = checked;
  if (from >= to) {
    throw new RangeError(`lrFind(): option "from" must be less than "to", found ${from} and ${to}`);
  }
  const planned = Array.from({ length: steps }, (_, step) => from * (to / from) ** (step / steps));
  const losses: number[] = [];
  let mean = 0;
  let lowest = Infinity;
  const follow = (loss: number): boolean => {
    if (!Number.isFinite(loss)) return false;
    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
    const smooth = mean / (1 - SMOOTHING ** (losses.length + 1));
    losses.push(smooth);
    lowest = Math.min(lowest, smooth);
    return smooth <= stopAt * lowest;
  };
  const settings = await settingsFor(model, dataset, training, "lrFind()");
  await sweep(model, dataset, { settings, learningRates: planned, follow });
  const learningRates = planned.slice(0, losses.length);
  const suggestion = suggestionOf(learningRates, losses, steps);
  return { learningRates, losses, suggestion };
}

/** The first tenth of the steps and the last five say little. */
function suggestionOf(
  rates: readonly number[],
  losses: readonly number[],
  steps: number,
): RateSuggestion {
  const [first, last] = [Math.floor(steps / 10), losses.length - 5];
  if (last - first < 2) {
    throw new RangeError(
      `lrFind(): the loss diverged after ${losses.length} steps, at learning rate ` +
        `${rates.at(-1)?.toExponential(1)}: start from a lower one (option "from")`,
    );
  }
  return suggestRates(rates.slice(first, last), losses.slice(first, last));
}
