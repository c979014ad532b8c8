import type { Augment } from "../../tensor/dataset.ts";
import type { Values } from "../values.ts";
import { type OptimizerName, OPTIMIZERS } from "./optimizers.ts";
import { UsageError } from "../usage_error.ts";

/** How a fine-tuning goes, as chosen or by default. */
export interface Recipe {
  /** Passes over the pictures in which only the new head is trained, before the rest joins. */
  readonly headEpochs: number;
  /** Passes over the pictures. */
  readonly epochs: number;
  /** Pictures a step. */
  readonly batchSize: number | "auto";
  /** Optimizer, by name. */
  readonly optimizer: OptimizerName;
  /** Highest learning rate. */
  readonly learningRate: number;
  /** Weight decay. */
  readonly weightDecay: number;
  /** How the learning rate goes, by name. */
  readonly schedule: "constant" | "one-cycle" | "cosine" | "step";
  /** Random changes of the pictures, by name. */
  readonly augment: Exclude<Augment, readonly unknown[]>;
  /** How the pictures of a batch are mixed, by name. */
  readonly mix: "none" | "mixup" | "cutmix" | "both";
  /** Whether every class is drawn as often as any other. */
  readonly isBalanced: boolean;
}

type Defaults = Omit<Recipe, "weightDecay">;

/** A new head on frozen features: these are computed once where the pictures do not change. */
const HEAD: Defaults = {
  headEpochs: 0,
  epochs: 10,
  batchSize: 32,
  optimizer: "adamw",
  learningRate: 1e-3,
  schedule: "one-cycle",
  augment: "none",
  mix: "none",
  isBalanced: false,
};

/**
 * Weights that are good already: small steps, warmed up, on pictures that change, once the head no
 * longer sends them the gradients of random weights.
 */
const ALL: Defaults = {
  ...HEAD,
  headEpochs: 5,
  epochs: 5,
  learningRate: 3e-5,
  augment: "imagenet",
};

/** The recipe for what is trained, with what the arguments change; only a new head has a phase of its own. */
export function recipe(values: Values, isNewHead: boolean): Recipe {
  const base = (values.text("train") ?? "head") === "head" ? HEAD : ALL;
  const optimizer = (values.text("optimizer") ?? base.optimizer) as Recipe["optimizer"];
  const { rateFactor, weightDecay } = OPTIMIZERS[optimizer];
  return {
    headEpochs: isNewHead ? values.number("head-epochs") ?? base.headEpochs : 0,
    epochs: values.number("epochs") ?? base.epochs,
    batchSize: values.text("batch-size") === "auto"
      ? "auto"
      : values.number("batch-size") ?? base.batchSize,
    optimizer,
    learningRate: values.number("lr") ?? base.learningRate * rateFactor,
    weightDecay: values.number("weight-decay") ?? weightDecay,
    schedule: (values.text("schedule") ?? base.schedule) as Recipe["schedule"],
    augment: (values.text("augment") ?? base.augment) as Recipe["augment"],
    mix: (values.text("mix") ?? base.mix) as Recipe["mix"],
    isBalanced: values.flag("balance"),
  };
}

/** The recipe of the phase in which only the new head is trained. */
export function headPhase({ headEpochs, batchSize, isBalanced }: Recipe): Recipe {
  const { weightDecay } = OPTIMIZERS[HEAD.optimizer];
  return { ...HEAD, headEpochs: 0, epochs: headEpochs, batchSize, isBalanced, weightDecay };
}

/** A selector from `--train`: a name, `/pattern/flags`, a name with `*`, `after:NAME`, `before:NAME`. */
export function selectorOf(
  text: string,
): string | RegExp | { after: string } | { before: string } {
  const pattern = /^\/(.*)\/([a-z]*)$/.exec(text);
  const place = /^(after|before):(.+)$/.exec(text);
  if (place) return place[1] === "after" ? { after: place[2]! } : { before: place[2]! };
  try {
    if (pattern) return new RegExp(pattern[1]!, pattern[2]);
  } catch (error) {
    throw new UsageError(`--train must be a valid pattern: ${(error as Error).message}`);
  }
  if (!text.includes("*")) return text;
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
