import type { Model } from "../../onnx/model.ts";
import type { Callback } from "../../train/callbacks/callback.ts";
import { earlyStopping } from "../../train/callbacks/early_stopping.ts";
import { DivergenceError, type History, OutOfMemoryError } from "../../train/fit.ts";
import { cutMix } from "../../train/mix/cut_mix.ts";
import type { Mix } from "../../train/mix/mix.ts";
import { mixUp } from "../../train/mix/mix_up.ts";
import type { Precision } from "../../train/precision/precision.ts";
import type { MemoryMode } from "../../train/program.ts";
import { mixUpOrCutMix } from "../../train/mix/mix_up_or_cut_mix.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import { constant } from "../../train/schedules/constant.ts";
import { cosine } from "../../train/schedules/cosine.ts";
import { oneCycle } from "../../train/schedules/one_cycle.ts";
import { stepDecay } from "../../train/schedules/step.ts";
import type { Schedule } from "../../train/schedules/schedule.ts";
import { fineTune, type FineTuneOptions, type FineTunePhase } from "../../workflow/fine_tune.ts";
import { device, present } from "../common.ts";
import { onInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import type { Values } from "../values.ts";
import type { Data } from "./data.ts";
import { OPTIMIZERS } from "./optimizers.ts";
import { headPhase, type Recipe } from "./recipe.ts";

/** What training gave. */
export interface Trained {
  /** The model, trained as far as it went well. */
  readonly model: Model;
  /** Losses and accuracies of all epochs, those of the head alone first. */
  readonly history: History;
  /** Why it ended before its last epoch, where it did. */
  readonly stopped?: string;
  /** Whether Ctrl-C ended it. */
  readonly interrupted: boolean;
  /** Why it ended early, where the loss diverged. */
  readonly problem: string | undefined;
}

/** What training needs beside the model and the data. */
export interface Circumstances {
  /** The arguments. */
  readonly values: Values;
  /** The recipe. */
  readonly chosen: Recipe;
  /** Seed of everything random. */
  readonly seed: number;
  /** Where to write. */
  readonly output: Output;
  /** What writes down how it goes. */
  readonly loggers: readonly Callback[];
}

/**
 * Fits `model` to `data` by the recipe, its new head first where the recipe says so; a diverging
 * loss gives the last good weights.
 */
export async function train(
  model: Model,
  data: Data,
  { values, chosen, seed, output, loggers }: Circumstances,
): Promise<Trained> {
  using interrupt = onInterrupt(output.warn);
  const { signal } = interrupt;
  const trained = (parameter: { name: string }) => model.parameters.get(parameter.name)!.trainable;
  const checkpoint = values.text("checkpoint");
  const about = { values, data, loggers };
  const options: FineTuneOptions = {
    plan: [
      ...chosen.headEpochs > 0 ? [phase("head", headPhase(chosen), about)] : [],
      phase(trained, chosen, about),
    ],
    ...present("validation", data.validation),
    ...device(values),
    ...present("checkpoint", checkpoint && { folder: checkpoint, ...every(values) }),
    ...present("overfitBatches", values.number("overfit-batches")),
    dryRun: values.flag("dry-run"),
    ...present("precision", values.text("precision") as Precision | undefined),
    ...present("memory", values.text("memory") as MemoryMode | undefined),
    ...present("augmentOn", values.text("augment-on") as FineTuneOptions["augmentOn"]),
    ...present("cacheFolder", values.text("features")),
    ...present("cacheCopies", values.number("copies")),
    seed,
    signal,
    verbose: output.verbose,
  };
  try {
    const result = await fineTune(model, data.train, options);
    const interrupted = signal.aborted && result.stopped !== undefined;
    return { ...result, interrupted, problem: undefined };
  } catch (error) {
    if (!(error instanceof DivergenceError || error instanceof OutOfMemoryError)) throw error;
    const { model, history, message } = error;
    return { model, history, interrupted: false, problem: message };
  }
}

function phase(
  train: FineTunePhase["train"],
  recipe: Recipe,
  { values, data, loggers }: {
    readonly values: Values;
    readonly data: Data;
    readonly loggers: readonly Callback[];
  },
): FineTunePhase {
  const { epochs, batchSize, augment, schedule } = recipe;
  const norm = values.number("clip-norm");
  return {
    train,
    epochs,
    batchSize,
    augment,
    ...present("mix", MIXES[recipe.mix]?.()),
    ...(recipe.isBalanced && { sampler: "balanced" as const }),
    optimizer: optimizerOf(recipe),
    schedule: SCHEDULES[schedule](),
    ...present("layerDecay", values.number("layer-decay")),
    ...present("clip", norm === undefined ? undefined : { norm }),
    callbacks: [...stoppers(values, data), ...loggers],
  };
}

/** Option `--checkpoint-steps`, where it was given. */
function every(values: Values): { everySteps?: number } {
  return present("everySteps", values.number("checkpoint-steps"));
}

/** What `--patience` asks for; without validation data it looks at the training's loss. */
function stoppers(values: Values, { validation }: Data): Callback[] {
  const patience = values.number("patience");
  if (patience === undefined) return [];
  return [earlyStopping({ patience, monitor: validation ? "validationLoss" : "loss" })];
}

const MIXES: Readonly<Record<Recipe["mix"], (() => Mix) | undefined>> = {
  none: undefined,
  mixup: () => mixUp() as Mix,
  cutmix: () => cutMix() as Mix,
  both: () => mixUpOrCutMix() as Mix,
};

const SCHEDULES: Readonly<Record<Recipe["schedule"], () => Schedule>> = {
  constant: () => constant(),
  cosine: () => cosine(),
  step: () => stepDecay(),
  "one-cycle": () => oneCycle(),
};

/** The optimizer of a recipe. */
export function optimizerOf({ optimizer, learningRate, weightDecay }: Recipe): Optimizer {
  return OPTIMIZERS[optimizer].make({ learningRate, weightDecay });
}
