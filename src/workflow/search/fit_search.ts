import { join } from "@std/path";
import type { Model } from "../../onnx/model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { sha256 } from "../../tensor/sha256.ts";
import type { Callback } from "../../train/callbacks/callback.ts";
import { modeOf, type Monitor, monitored } from "../../train/callbacks/monitor.ts";
import { type EpochRecord, fit, type FitOptions, type History } from "../../train/fit.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { remembering } from "./remembering.ts";
import { search, type Trial } from "./search.ts";
import type { SearchFitOptions, SearchFitResult } from "./search_fit_options.ts";
import type { Space, ValuesOf } from "./space.ts";
import { random, type Strategy } from "./strategy.ts";
import { setUp } from "./trial_setup.ts";

/** Folder of the trials' checkpoints. */
const TRIALS = "trials";

/** One search. */
export class FitSearch<S extends Space> {
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
      about: await this.#about(),
      // Trials that may go on keep their checkpoints to the end.
      ...this.#strategy.maxEpochs === undefined && { onTrial: (_, best) => this.#keepOnly(best) },
      verbose,
    });
    const { best } = found;
    if (best && found.complete) await this.#keepOnly(best);
    if (!best) return { ...found, model: undefined, history: undefined };
    const { model, history } = await this.#fit(best.trial, best.values, best.epochs, undefined);
    return { ...found, model, history };
  }

  async #about(): Promise<Readonly<Record<string, unknown>>> {
    const content = await this.#train.fingerprint?.();
    return {
      epochs: this.#epochs,
      monitor: this.#monitor,
      examples: this.#train.length,
      ...content !== undefined && { data: (await sha256(content)).slice(0, 16) },
    };
  }

  /** Removes the checkpoints of all trials but one. */
  async #keepOnly({ trial }: { readonly trial: number }): Promise<void> {
    const kept = nameOf(trial);
    const folder = join(this.root, TRIALS);
    await Deno.mkdir(folder, { recursive: true });
    for await (const { name } of Deno.readDir(folder)) {
      if (name !== kept) await Deno.remove(join(folder, name), { recursive: true });
    }
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
      checkpoint: join(this.root, TRIALS, nameOf(trial)),
      cacheFolder: join(this.root, "features"),
      callbacks: [...this.#common.callbacks ?? [], ...chosen.options?.callbacks ?? [], budget],
      signal: stop,
      verbose,
    });
  }
}

/** The name of a trial's folder. */
function nameOf(trial: number): string {
  return String(trial).padStart(4, "0");
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
