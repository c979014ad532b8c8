import { join } from "@std/path";
import { z } from "zod";
import type { Model } from "../../onnx/model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { modeOf, type Monitor, monitored } from "../../train/callbacks/monitor.ts";
import type { Callback } from "../../train/callbacks/callback.ts";
import { type EpochRecord, fit, type FitOptions, type History } from "../../train/fit.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { remembering } from "./remembering.ts";
import { search, type SearchResult, type Trial } from "./search.ts";
import type { Space, ValuesOf } from "./space.ts";
import { random, type Strategy } from "./strategy.ts";
import { checkNames, type OptimizerFactory, setUp, type TrialSetup } from "./trial_setup.ts";

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
// What is `fit`'s is checked by `fit`.
const schema = z.looseObject({
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

/**
 * Looks for the hyper-parameters that fit a model best, and gives the best model with the table of all
 * trials. What a frozen part makes of the data is computed once for all trials that have the same one,
 * whatever their batch size; under `asha` trials go on from their checkpoints. With `folder`, a search
 * that was cut off, even within a trial, goes on and comes to the same result.
 *
 * Requires `--allow-write` for the folder. Throws `RangeError` for a name in the space that nothing uses.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import {
 *   arrays, choice, freeze, loadBackbone, logUniform, random, searchFit,
 * } from "@graft/graft";
 *
 * const model = freeze(await loadBackbone("digit_cnn", { weights: "random" }), "backbone");
 * const pixels = Float32Array.from({ length: 8 * 784 }, (_, i) => i % 1568 < 784 ? i % 2 : i % 3);
 * const data = arrays({
 *   inputs: { x: { type: "float32", dims: [8, 1, 28, 28], data: pixels } },
 *   targets: { type: "int64", dims: [8], data: BigInt64Array.of(0n, 1n, 0n, 1n, 0n, 1n, 0n, 1n) },
 * });
 * const { best, model: tuned } = await searchFit(model, data, {
 *   validation: data,
 *   space: { learningRate: logUniform(1e-5, 1e-1), batchSize: choice([4, 8]) },
 *   strategy: random({ trials: 3 }),
 *   epochs: 2,
 *   verbose: false,
 * });
 * assert(best!.values.learningRate > 0 && tuned !== undefined);
 * ```
 */
export async function searchFit<S extends Space>(
  model: Model,
  train: Dataset,
  options: SearchFitOptions<S>,
): Promise<SearchFitResult<S>> {
  checkOptions("searchFit", schema as z.ZodType<unknown>, options);
  if (!options.configure) checkNames(Object.keys(options.space));
  const { folder } = options;
  const root = folder ?? await Deno.makeTempDir({ prefix: "graft_search_" });
  try {
    return await new FitSearch(model, train, options, root).run();
  } finally {
    if (folder === undefined) await Deno.remove(root, { recursive: true });
  }
}

/** One search. */
class FitSearch<S extends Space> {
  readonly #common: FitOptions;
  readonly #strategy: Strategy;
  readonly #train: Dataset;
  readonly #validation: Dataset;
  readonly #epochs: number;

  constructor(
    readonly model: Model,
    train: Dataset,
    readonly options: SearchFitOptions<S>,
    readonly root: string,
  ) {
    const {
      space: _,
      validation,
      strategy,
      optimizer,
      monitor,
      mode,
      folder,
      configure,
      ...common
    } = options;
    void [optimizer, monitor, mode, folder, configure];
    this.#common = common;
    this.#strategy = strategy ?? random();
    this.#epochs = this.#strategy.maxEpochs ?? options.epochs ?? 5;
    this.#train = remembering(train);
    this.#validation = remembering(validation);
  }

  async run(): Promise<SearchFitResult<S>> {
    const { space, seed = 0, folder, signal, verbose = true } = this.options;
    const found = await search(space, this.#strategy, (trial) => this.#trial(trial), {
      mode: this.#mode,
      seed,
      ...folder !== undefined && { folder },
      ...signal && { signal },
      verbose,
    });
    const { best } = found;
    if (!best) return { ...found, model: undefined, history: undefined };
    const { model, history } = await this.#fit(best.trial, best.values, best.epochs, undefined);
    return { ...found, model, history };
  }

  get #monitor(): Monitor {
    const isByClass = (this.options.loss ?? "crossEntropy") === "crossEntropy";
    return this.options.monitor ?? (isByClass ? "validationAccuracy" : "validationLoss");
  }

  get #mode(): "min" | "max" {
    return this.options.mode ?? modeOf(this.#monitor);
  }

  async #trial({ trial, parameters, epochs, signal }: Trial<S>) {
    const { history } = await this.#fit(trial, parameters, epochs, signal);
    const last = history.epochs.at(-1);
    if (!last) return NaN;
    const score = monitored(last, this.#monitor, 'searchFit(): option "monitor"');
    return { score, details: detailsOf(last) };
  }

  /** Trains a trial up to an epoch, from where it is; trains nothing where it is there. */
  async #fit(
    trial: number,
    values: ValuesOf<S>,
    epochs: number | undefined,
    signal: AbortSignal | undefined,
  ) {
    const { optimizer = adamW, seed = 0, configure, verbose = true } = this.options;
    const chosen = configure
      ? configure(values, this.model)
      : setUp(this.model, values, { optimizer, seed });
    const budget = new Budget(epochs ?? this.#epochs);
    const stop = signal ? AbortSignal.any([signal, budget.signal]) : budget.signal;
    return await fit(chosen.model ?? this.model, this.#train, {
      ...configure && { optimizer: optimizer({}) },
      ...this.#common,
      ...chosen.options,
      epochs: this.#epochs,
      validation: this.#validation,
      checkpoint: join(this.root, "trials", String(trial).padStart(4, "0")),
      cacheFolder: join(this.root, "features"),
      callbacks: [...this.#common.callbacks ?? [], ...chosen.options?.callbacks ?? [], budget],
      signal: stop,
      verbose,
    });
  }
}

/** Ends a run when so many epochs are done, so that it can go on later. */
class Budget implements Callback {
  readonly #controller = new AbortController();
  readonly name = "budget";

  constructor(readonly epochs: number) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  onStart(event: { readonly history: History }): void {
    this.#check(event.history);
  }

  onEpoch(event: { readonly history: History }): void {
    this.#check(event.history);
  }

  #check({ epochs }: History): void {
    if (epochs.length >= this.epochs) this.#controller.abort();
  }
}

function detailsOf({ loss, accuracy, validation }: EpochRecord): Readonly<Record<string, unknown>> {
  const known = { loss, accuracy, validationLoss: validation?.loss };
  return Object.fromEntries(
    Object.entries(known).filter(([, value]) => Number.isFinite(value)),
  );
}
