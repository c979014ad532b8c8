import { replaceHead } from "../../onnx/replace_head.ts";
import { mlp } from "../../onnx/heads/layers.ts";
import type { Model } from "../../onnx/model.ts";
import { type Selector, unfreeze } from "../../onnx/select.ts";
import { nearest } from "../../tensor/nearest.ts";
import { show } from "../../tensor/options.ts";
import { listed } from "../../tensor/schema_words.ts";
import { classesOf } from "../../train/evaluate_output.ts";
import type { FitOptions } from "../../train/fit.ts";
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
import { constant } from "../../train/schedules/constant.ts";
import { cosine } from "../../train/schedules/cosine.ts";
import { oneCycle } from "../../train/schedules/one_cycle.ts";
import type { Schedule } from "../../train/schedules/schedule.ts";
import { stepDecay } from "../../train/schedules/step.ts";
import { withHeadDropout } from "./head_dropout.ts";

/** What makes an optimizer of numbers, such as `adamW` or `sgd`. */
export type OptimizerFactory = (
  options: {
    readonly learningRate?: number;
    readonly weightDecay?: number;
    readonly momentum?: number;
  },
) => Optimizer;

/** The model of a trial and the options it is fitted with. */
export interface TrialSetup {
  /** The model; the one given to the search where it is left out. */
  readonly model?: Model;
  /** Options of `fit` over those of the search. */
  readonly options?: FitOptions;
}

/** Names that a space may use without a `configure` of one's own. */
const KNOWN = [
  ...["learningRate", "weightDecay", "momentum", "optimizer", "schedule", "batchSize", "augment"],
  ...["batchNorm", "cacheCopies", "unfreeze", "hidden", "dropout"],
];

const OPTIMIZERS: Readonly<Record<string, OptimizerFactory>> = {
  ...{ adafactor, adagrad, adam, adamW, adamw: adamW, lamb, lion, nadam, radam, rmsprop, sgd },
};
/** Those of them that take a momentum. */
const WITH_MOMENTUM: readonly unknown[] = [rmsprop, sgd];
const SCHEDULES: Readonly<Record<string, () => Schedule>> = {
  constant,
  cosine,
  oneCycle,
  "one-cycle": oneCycle,
  step: stepDecay,
};

/** Refuses names that nothing would use. */
export function checkNames(names: readonly string[]): void {
  const unknown = names.find((name) => !KNOWN.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, KNOWN);
  throw new RangeError(
    `searchFit(): the space names "${unknown}", which nothing would use; ` +
      (near ? `did you mean "${near}"? ` : `there are ${listed(KNOWN, "and")}. `) +
      'For names of your own, give "configure"',
  );
}

/** What the values of a trial make of the model and the options. */
export function setUp(
  model: Model,
  values: Readonly<Record<string, unknown>>,
  { optimizer, seed }: { readonly optimizer: OptimizerFactory; readonly seed: number },
): Required<TrialSetup> {
  const options: Record<string, unknown> = {};
  for (const name of ["batchSize", "augment", "batchNorm", "cacheCopies"]) {
    if (name in values) options[name] = values[name];
  }
  const schedule = values.schedule;
  if (schedule !== undefined) {
    options.schedule = typeof schedule === "function" ? schedule : named(SCHEDULES, schedule)();
  }
  const factory = values.optimizer === undefined
    ? optimizer
    : typeof values.optimizer === "function"
    ? values.optimizer as OptimizerFactory
    : named(OPTIMIZERS, values.optimizer);
  // One's own factory is given all there is.
  const hasMomentum = WITH_MOMENTUM.includes(factory) ||
    !Object.values(OPTIMIZERS).includes(factory);
  const numbers = Object.fromEntries(
    ["learningRate", "weightDecay", ...hasMomentum ? ["momentum"] : []]
      .filter((name) => name in values).map((name) => [name, values[name]]),
  );
  options.optimizer = factory(numbers);
  return { model: modelFor(model, values, seed), options };
}

function modelFor(
  model: Model,
  { unfreeze: selector, hidden, dropout }: Readonly<Record<string, unknown>>,
  seed: number,
): Model {
  let made = model;
  const ratio = Number(dropout ?? 0);
  if (hidden !== undefined && hidden !== 0) {
    const classes = model.classes ?? classesOf(model);
    if (classes === undefined) throw new RangeError('searchFit(): "hidden" needs a classifier');
    made = replaceHead(model, {
      classes,
      head: mlp({ hidden: hidden as number, dropout: ratio }),
      seed,
    });
  } else if (dropout !== undefined) made = withHeadDropout(model, ratio);
  return selector === undefined ? made : unfreeze(made, selector as Selector);
}

function named<T>(table: Readonly<Record<string, T>>, name: unknown): T {
  const found = typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  throw new RangeError(
    `searchFit(): ${show(name)} is none of ${
      listed(Object.keys(table).map((one) => `"${one}"`), "and")
    }; a function may be given, too`,
  );
}
