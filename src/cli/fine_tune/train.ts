import { join } from "@std/path";
import type { Model } from "../../onnx/model.ts";
import { freeze, unfreeze } from "../../onnx/select.ts";
import { DivergenceError, fit, type FitOptions, type History } from "../../train/fit.ts";
import { adam } from "../../train/optimizers/adam.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import type { MemoryMode } from "../../train/program.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import { constant } from "../../train/schedules/constant.ts";
import { cosine } from "../../train/schedules/cosine.ts";
import { oneCycle } from "../../train/schedules/one_cycle.ts";
import { stepDecay } from "../../train/schedules/step.ts";
import type { Schedule } from "../../train/schedules/schedule.ts";
import { device, present } from "../common.ts";
import { onInterrupt } from "../interrupt.ts";
import type { Output } from "../output.ts";
import type { Values } from "../values.ts";
import type { Data } from "./data.ts";
import { headPhase, type Recipe } from "./recipe.ts";

/** What training gave. */
export interface Trained {
  /** The model, trained as far as it went well. */
  readonly model: Model;
  /** Losses and accuracies of the epochs. */
  readonly history: History;
  /** The same for the phase of the head, where there was one before. */
  readonly headHistory?: History;
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
}

/**
 * Fits `model` to `data` by the recipe, its new head first where the recipe says so; a diverging
 * loss gives the last good weights.
 */
export async function train(
  model: Model,
  data: Data,
  circumstances: Circumstances,
): Promise<Trained> {
  const { chosen, values, output } = circumstances;
  using interrupt = onInterrupt(output.warn);
  const { signal } = interrupt;
  const checkpoint = values.text("checkpoint");
  if (chosen.headEpochs === 0) {
    return await phase(model, data, { ...circumstances, signal, checkpoint });
  }
  output.line("the new head first:");
  const first = await phase(unfreeze(freeze(model, "all"), "head"), data, {
    ...circumstances,
    chosen: headPhase(chosen),
    signal,
    checkpoint: checkpoint && join(checkpoint, "head"),
  });
  const wanted = (parameter: { name: string }) => model.parameters.get(parameter.name)!.trainable;
  const whole = unfreeze(first.model, wanted);
  if (first.interrupted || first.problem !== undefined) return { ...first, model: whole };
  output.line("then all that is to be trained:");
  const second = await phase(whole, data, { ...circumstances, signal, checkpoint });
  return { ...second, headHistory: first.history };
}

async function phase(
  model: Model,
  data: Data,
  { values, chosen, seed, output, signal, checkpoint }: Circumstances & {
    readonly signal: AbortSignal;
    readonly checkpoint: string | undefined;
  },
): Promise<Trained> {
  const { epochs, batchSize, augment } = chosen;
  const options: FitOptions = {
    ...present("validation", data.validation),
    epochs,
    batchSize,
    augment,
    optimizer: optimizerOf(chosen),
    schedule: SCHEDULES[chosen.schedule](),
    ...device(values),
    ...present("memory", values.text("memory") as MemoryMode | undefined),
    ...present("checkpoint", checkpoint),
    ...present("cacheFolder", values.text("features")),
    ...present("cacheCopies", values.number("copies")),
    seed,
    signal,
    verbose: output.verbose,
  };
  try {
    const result = await fit(model, data.train, options);
    return { ...result, interrupted: signal.aborted, problem: undefined };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    return {
      model: error.model,
      history: error.history,
      interrupted: false,
      problem: error.message,
    };
  }
}

const SCHEDULES: Readonly<Record<Recipe["schedule"], () => Schedule>> = {
  constant: () => constant(),
  cosine: () => cosine(),
  step: () => stepDecay(),
  "one-cycle": () => oneCycle(),
};

function optimizerOf({ optimizer, learningRate, weightDecay }: Recipe): Optimizer {
  switch (optimizer) {
    case "sgd":
      return sgd({ learningRate, momentum: 0.9, weightDecay });
    case "adam":
      return adam({ learningRate, weightDecay });
    case "adamw":
      return adamW({ learningRate, weightDecay });
  }
}
