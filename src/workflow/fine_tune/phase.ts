import { z } from "zod";
import { blocks } from "../../onnx/blocks.ts";
import type { Model, Parameter } from "../../onnx/model.ts";
import type { Selector } from "../../onnx/select.ts";
import type { FitOptions } from "../../train/fit_options.ts";
import { type RateSpread, spreadSchema } from "../../train/groups/group.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { type Optimizer, rate } from "../../train/optimizers/optimizer.ts";
import { oneCycle } from "../../train/schedules/one_cycle.ts";

/** One phase of a fine-tuning; options of `fit` given here go before those of `fineTune`. */
export interface FineTunePhase extends
  Omit<
    FitOptions,
    // What holds for all phases.
    | "validation"
    | "epochs"
    | "learningRate"
    | "checkpoint"
    | "device"
    | "seed"
    | "signal"
    | "verbose"
    | "dryRun"
    | "loss"
  > {
  /** What is trained; all else is frozen. */
  readonly train: Selector;
  /** Times through the data. */
  readonly epochs: number;
  /** Learning rate, or rates over the depth of the network. @default {the optimizer's} */
  readonly learningRate?: number | RateSpread;
}

/** What a phase may be; `fit` checks what it is given of it. */
export const phaseSchema: z.ZodType<FineTunePhase> = z.looseObject({
  train: z.custom<Selector>((value) => value !== undefined && value !== null)
    .describe('a selector, such as "head"'),
  epochs: z.number().int().positive(),
  learningRate: z.union([rate, spreadSchema]).optional(),
}) as unknown as z.ZodType<FineTunePhase>;

/** Numbers of the usual two phases. */
export interface TwoPhases {
  /** Times through the data with only the classifier trained. */
  readonly freezeEpochs: number;
  /** Times through the data with all trained. */
  readonly epochs: number;
  /** Highest learning rate of the first phase. */
  readonly learningRate: number;
  /** How many times lower the classifier's rate is in the second phase. */
  readonly divide: number;
  /** How many times lower the rate of the first blocks is than the classifier's. */
  readonly spread: number;
}

/**
 * The phases of fastai's `fine_tune`: the classifier, then everything at lower rates. As there,
 * the network is three groups with rates equal factors apart: the first half of the backbone's blocks, the
 * second half and the classifier.
 */
export function twoPhases(
  model: Model,
  { freezeEpochs, epochs, learningRate, divide, spread }: TwoPhases,
): FineTunePhase[] {
  const final = 1e-5;
  const whole = learningRate / divide;
  const first: FineTunePhase = {
    train: "head",
    epochs: freezeEpochs,
    learningRate,
    schedule: oneCycle({ warmUp: 0.99, final }),
  };
  const body = blocks(model).map(({ parameters }) =>
    parameters.filter((name) => !model.parameters.get(name)!.head)
  ).filter((parameters) => parameters.length > 0);
  const middle = Math.ceil(body.length / 2);
  const groups = [body.slice(0, middle), body.slice(middle)].flatMap((part, index) => {
    const names = new Set(part.flat());
    const parameters = ({ name }: Parameter) => names.has(name);
    const rate = whole / spread ** (1 - index / 2);
    return names.size > 0 ? [{ parameters, learningRate: rate }] : [];
  });
  return [
    ...freezeEpochs > 0 ? [first] : [],
    {
      train: "all",
      epochs,
      learningRate: whole,
      groups,
      schedule: oneCycle({ warmUp: 0.3, initial: 1 / 5, final }),
    },
  ];
}

/** The options of `fit` for a phase. */
export function fitOptionsOf(
  { train: _train, learningRate, ...phase }: FineTunePhase,
  common: FitOptions,
): FitOptions {
  const options = { ...common, ...phase };
  const optimizer = options.optimizer ?? adamW();
  if (learningRate === undefined) return { ...options, optimizer };
  if (typeof learningRate === "number") {
    return { ...options, optimizer: at(learningRate, optimizer) };
  }
  return { ...options, optimizer: at(learningRate.to, optimizer), learningRate };
}

/** An optimizer at another learning rate. */
function at(learningRate: number, optimizer: Optimizer): Optimizer {
  return { ...optimizer, learningRate, settings: { ...optimizer.settings, learningRate } };
}
