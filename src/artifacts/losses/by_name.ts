import type { Loss, LossDefinition, LossName } from "../loss.ts";
import { binaryCrossEntropy } from "./binary_cross_entropy.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { mse } from "./errors.ts";

const NAMED: Readonly<Record<LossName, LossDefinition>> = {
  crossEntropy: crossEntropy(),
  mse: mse(),
  binaryCrossEntropy: binaryCrossEntropy(),
};

/** The name of every loss that has one, for options. */
export const LOSS_NAMES = ["crossEntropy", "mse", "binaryCrossEntropy"] as const;

/** What is known of a loss. Of a function of one's own it is known that its targets may be anything. */
export function lossOf(loss: Loss): LossDefinition {
  if (typeof loss === "string") return NAMED[loss];
  return typeof loss === "function" ? { name: OWN, targets: "numbers", losses: loss } : loss;
}

/** What a function of one's own is called. */
export const OWN = "own";

/** A text by which a checkpoint tells losses apart. */
export function lossKey(loss: Loss): string {
  if (typeof loss === "string") return loss;
  const { name, settings } = lossOf(loss);
  return settings && Object.keys(settings).length > 0
    ? `${name} ${JSON.stringify(settings)}`
    : name;
}
