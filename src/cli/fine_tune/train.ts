import type { Model } from "../../onnx/model.ts";
import { DivergenceError, fit, type FitOptions, type History } from "../../train/fit.ts";
import { adam } from "../../train/optimizers/adam.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
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
import type { Recipe } from "./recipe.ts";

/** What training gave. */
export interface Trained {
  /** The model, trained as far as it went well. */
  readonly model: Model;
  /** Losses and accuracies of the epochs. */
  readonly history: History;
  /** Whether Ctrl-C ended it. */
  readonly interrupted: boolean;
  /** Why it ended early, where the loss diverged. */
  readonly problem: string | undefined;
}

/** Fits `model` to `data` by the recipe; a diverging loss gives the last good weights. */
export async function train(
  model: Model,
  data: Data,
  { values, chosen, seed, output }: {
    readonly values: Values;
    readonly chosen: Recipe;
    readonly seed: number;
    readonly output: Output;
  },
): Promise<Trained> {
  using interrupt = onInterrupt(output.warn);
  const { epochs, batchSize, augment } = chosen;
  const options: FitOptions = {
    ...present("validation", data.validation),
    epochs,
    batchSize,
    augment,
    optimizer: optimizerOf(chosen),
    schedule: SCHEDULES[chosen.schedule](),
    ...device(values),
    ...present("checkpoint", values.text("checkpoint")),
    seed,
    signal: interrupt.signal,
    verbose: output.verbose,
  };
  try {
    const result = await fit(model, data.train, options);
    return { ...result, interrupted: interrupt.signal.aborted, problem: undefined };
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
