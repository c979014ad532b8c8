import { adafactor } from "../../train/optimizers/adafactor.ts";
import { adagrad } from "../../train/optimizers/adagrad.ts";
import { adam } from "../../train/optimizers/adam.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { lamb } from "../../train/optimizers/lamb.ts";
import { lion } from "../../train/optimizers/lion.ts";
import { nadam } from "../../train/optimizers/nadam.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import { radam } from "../../train/optimizers/radam.ts";
import { rmsprop } from "../../train/optimizers/rmsprop.ts";
import { sgd } from "../../train/optimizers/sgd.ts";

/** Optimizers by the names that the command line has for them. */
export type OptimizerName =
  | "adafactor"
  | "adagrad"
  | "adam"
  | "adamw"
  | "lamb"
  | "lion"
  | "nadam"
  | "radam"
  | "rmsprop"
  | "sgd";

/** An optimizer, and the numbers that the field uses with it. */
export interface OptimizerChoice {
  /** Makes it. */
  make(options: { readonly learningRate: number; readonly weightDecay: number }): Optimizer;
  /** Its usual learning rate as a multiple of AdamW's. */
  readonly rateFactor: number;
  /** Weight decay: that which is added to an adapted gradient spoils its step sizes. */
  readonly weightDecay: number;
}

/** The optimizers to choose from. */
export const OPTIMIZERS: Readonly<Record<OptimizerName, OptimizerChoice>> = {
  adafactor: { make: adafactor, rateFactor: 10, weightDecay: 0 },
  adagrad: { make: adagrad, rateFactor: 10, weightDecay: 0 },
  adam: { make: adam, rateFactor: 1, weightDecay: 0 },
  adamw: { make: adamW, rateFactor: 1, weightDecay: 0.01 },
  lamb: { make: lamb, rateFactor: 1, weightDecay: 0.01 },
  lion: { make: lion, rateFactor: 0.1, weightDecay: 0.1 },
  nadam: { make: nadam, rateFactor: 1, weightDecay: 0 },
  radam: { make: radam, rateFactor: 1, weightDecay: 0 },
  rmsprop: { make: rmsprop, rateFactor: 1, weightDecay: 0 },
  sgd: {
    make: (options) => sgd({ ...options, momentum: 0.9 }),
    rateFactor: 10,
    weightDecay: 1e-4,
  },
};
