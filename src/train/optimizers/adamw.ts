import { checkOptions } from "../../tensor/options.ts";
import { type AdamOptions, adamRule, adamSchema, DEFAULTS } from "./adam.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Adam with decoupled weight decay, as `torch.optim.AdamW` does it: p ← p·(1 − lr·weightDecay) before
 * the step (Loshchilov and Hutter, arXiv 1711.05101). Weight decay is 0.01 unless said.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adamW } from "@graft/graft";
 *
 * assertEquals(adamW({ learningRate: 1e-4 }).settings.weightDecay, 0.01);
 * ```
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  const given = checkOptions("adamW", adamSchema, options);
  return adamRule("adamW", { ...DEFAULTS, weightDecay: 0.01, ...given });
}
