import { z } from "zod";
import type { Model } from "../../onnx/model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import type { Monitor } from "../../train/callbacks/monitor.ts";
import type { FitOptions, History } from "../../train/fit.ts";
import type { SearchResult } from "./search.ts";
import type { Space, ValuesOf } from "./space.ts";
import type { Strategy } from "./strategy.ts";
import type { OptimizerFactory, TrialSetup } from "./trial_setup.ts";

/** Options of `searchFit`; all others are those of `fit`, for every trial. */
export interface SearchFitOptions<S extends Space>
  extends Omit<FitOptions, "optimizer" | "checkpoint" | "cacheFolder" | "dryRun"> {
  /**
   * What is looked for. Without `configure` the names are `learningRate`, `weightDecay`, `momentum`,
   * `optimizer`, `schedule`, `batchSize`, `augment`, `batchNorm`, `cacheCopies`, `unfreeze` (a selector
   * of what is trained beside what is trainable), `hidden` (width of a layer before the last, 0 for none)
   * and `dropout` (of what the classifier reads).
   */
  readonly space: S;
  /** Data to compare trials on. */
  readonly validation: Dataset;
  /** Which trials are made. @default {random({ trials: 20 })} */
  readonly strategy?: Strategy;
  /** What makes the optimizer of a trial. @default {adamW} */
  readonly optimizer?: OptimizerFactory;
  /** Number of an epoch that trials are compared by. @default {"validationAccuracy", or "validationLoss" without classes} */
  readonly monitor?: Monitor;
  /** Whether less or more of it is better. @default {"min" for losses and errors, else "max"} */
  readonly mode?: "min" | "max";
  /** Folder of the ledger, the checkpoints and the features, from which a search goes on. @default {a temporary one} */
  readonly folder?: string;
  /** Makes the model and the options of a trial, for spaces with names of one's own. */
  readonly configure?: (values: ValuesOf<S>, model: Model) => TrialSetup;
}

/** What a search came to, with the best model. */
export interface SearchFitResult<S extends Space> extends SearchResult<S> {
  /** The model of the best trial; `undefined` where none succeeded. */
  readonly model: Model | undefined;
  /** The epochs of the best trial. */
  readonly history: History | undefined;
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;
const isFunction = (value: unknown) => typeof value === "function";
/** What the options of `searchFit` may be; what is `fit`'s is checked by `fit`. */
export const searchFitSchema: z.ZodType<unknown> = z.looseObject({
  space: z.custom<Space>(isObject).describe("hyper-parameters by name, such as uniform(0, 0.5)"),
  validation: z.custom<Dataset>(isObject).describe("a data set: { length, get(index) }"),
  strategy: z.custom<Strategy>((value) => isObject(value) && "next" in (value as object))
    .describe("a strategy, such as random({ trials: 20 })").optional(),
  optimizer: z.custom<OptimizerFactory>(isFunction)
    .describe("what makes an optimizer, such as adamW without its call").optional(),
  monitor: z.string().min(1).optional(),
  mode: z.enum(["min", "max"]).optional(),
  folder: z.string().min(1).optional(),
  configure: z.custom<(values: unknown, model: Model) => TrialSetup>(isFunction)
    .describe("a function").optional(),
});
