import { z } from "zod";
import type { HeadBuilder } from "../onnx/heads/head.ts";
import type { Model } from "../onnx/model.ts";
import { replaceHead } from "../onnx/replace_head.ts";
import { freeze, select, unfreeze } from "../onnx/select.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { rng } from "../tensor/rng.ts";
import {
  DivergenceError,
  type EpochRecord,
  fit,
  type FitOptions,
  OutOfMemoryError,
} from "../train/fit.ts";
import { fitSettings } from "../train/fit_options.ts";
import type { FitResult, History } from "../train/history.ts";
import { rate } from "../train/optimizers/optimizer.ts";
import { stderrProgress } from "../train/progress.ts";
import { type FineTunePhase, fitOptionsOf, phaseSchema, twoPhases } from "./fine_tune/phase.ts";
import { keepPlan, phaseCheckpoint } from "./fine_tune/plan_file.ts";

export type { FineTunePhase };

/** Options of `fineTune`: its own, and those of `fit` for all phases. */
export interface FineTuneOptions extends Omit<FitOptions, "epochs" | "learningRate"> {
  /** Times through the data with everything trained. @default {5} */
  readonly epochs?: number;
  /**
   * Times through the data before those, with only the classifier trained: they cost little, since what
   * the network makes of unchanging pictures is kept. @default {5}
   */
  readonly freezeEpochs?: number;
  /** Highest learning rate of the classifier in the first phase. @default {2e-3} */
  readonly learningRate?: number;
  /** How many times lower that is once everything is trained. @default {20} */
  readonly divide?: number;
  /**
   * How many times lower the rate of the first half of the network is than the classifier's; that of the
   * second half lies between. @default {10}
   */
  readonly spread?: number;
  /** Phases of one's own, in the place of the five options above. */
  readonly plan?: readonly FineTunePhase[];
  /** The layers of a new classifier, where the model needs one. @default {linear()} */
  readonly head?: HeadBuilder;
}

/** What a fine-tuning came to; the epochs of `history` are numbered through all phases. */
export interface FineTuneResult extends FitResult {
  /** The history of each phase that was begun. */
  readonly phases: readonly History[];
}

const own = z.strictObject({
  epochs: z.number().int().positive().optional(),
  freezeEpochs: z.number().int().min(0).optional(),
  learningRate: rate.optional(),
  divide: z.number().min(1).optional(),
  spread: z.number().min(1).optional(),
  plan: z.array(phaseSchema).nonempty().optional(),
  head: z.unknown().optional(),
});
/**
 * fastai's numbers are 1 epoch of the classifier, half its rate and a hundredfold spread. With few
 * pictures, and as quick as the first phase is here, more of it and a gentler second keep what the
 * network knew.
 */
const USUAL = { epochs: 5, freezeEpochs: 5, learningRate: 2e-3, divide: 20, spread: 10 };

type Own = Pick<FineTuneOptions, keyof typeof own.shape>;
const OWN = Object.keys(own.shape) as (keyof typeof own.shape)[];

/**
 * Fine-tunes a pretrained model: first the classifier, then everything, with lower learning rates towards
 * the input (Howard and Ruder, arXiv 1801.06146; the phases are those of fastai's
 * `fine_tune`); or by a plan of phases. Where the data have classes that the model does not tell apart, it
 * gets a new classifier for them.
 *
 * With `checkpoint`, each phase has a folder in it, and a run that was cut off goes on in the phase it was
 * in. Callbacks see each phase as a run. Throws what `fit` throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, fineTune, loadBackbone } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(0n, 1n) } as const;
 * const data = { ...arrays({ inputs: { x }, targets }), classes: ["ant", "bee"] };
 * const { model, history } = await fineTune(backbone, data, { epochs: 2, verbose: false });
 * assertEquals(model.classes, ["ant", "bee"]);
 * assertEquals(history.epochs.map(({ epoch }) => epoch), [1, 2, 3, 4, 5, 6, 7]);
 * ```
 */
export async function fineTune(
  model: Model,
  dataset: Dataset,
  options: FineTuneOptions = {},
): Promise<FineTuneResult> {
  const { given, common } = settingsOf(options);
  const { checkpoint, dryRun, seed = 0, signal, verbose = true } = common;
  let current = withClassifier(model, dataset, { head: given.head, seed });
  const plan = planOf(current, given, common);
  // What is wrong with a later phase must not come out after hours in the first.
  for (const phase of plan) {
    fitSettings(fitOptionsOf(phase, common));
    select(current, phase.train);
  }
  if (checkpoint !== undefined && !dryRun) {
    await keepPlan(typeof checkpoint === "string" ? checkpoint : checkpoint.folder, plan);
  }
  const phases: History[] = [];
  for (const [index, phase] of plan.entries()) {
    const ready = unfreeze(freeze(current, "all"), phase.train);
    if (verbose && plan.length > 1) introduce(ready, phase, `phase ${index + 1} of ${plan.length}`);
    const result = await joined(phases, () =>
      fit(ready, dataset, {
        ...fitOptionsOf(phase, common),
        seed: index === 0 ? seed : rng(seed, "phase", index).bits(),
        ...(checkpoint !== undefined && { checkpoint: phaseCheckpoint(checkpoint, index) }),
      }));
    phases.push(result.history);
    current = result.model;
    if (signal?.aborted || index === plan.length - 1) {
      return { ...result, history: together(phases), phases };
    }
  }
  throw new Error("A plan has a last phase");
}

function settingsOf(options: FineTuneOptions) {
  const isOwn = (name: string) => (OWN as string[]).includes(name);
  const entries = Object.entries(options);
  const given = checkOptions(
    "fineTune",
    own as z.ZodType<Own>,
    Object.fromEntries(entries.filter(([name]) => isOwn(name))),
  );
  const common = Object.fromEntries(entries.filter(([name]) => !isOwn(name))) as FitOptions;
  return { given, common };
}

/** The phases that were given, or the usual two with the numbers that were. */
function planOf(
  model: Model,
  { plan, head: _, ...numbers }: Own,
  { schedule, groups = [] }: FitOptions,
): readonly FineTunePhase[] {
  if (plan && Object.keys(numbers).length > 0) {
    throw new RangeError(
      `fineTune(): options "plan" and "${Object.keys(numbers)[0]}" exclude each other; ` +
        "phases say it for themselves",
    );
  }
  if (plan) return plan;
  const usual = { ...USUAL, ...numbers };
  return twoPhases(model, usual).map((phase) => ({
    ...phase,
    ...schedule && { schedule },
    groups: [...groups, ...phase.groups ?? []],
  }));
}

/** The model with a classifier for the classes of the data, where it has another one. */
function withClassifier(
  model: Model,
  { classes }: Dataset,
  { head, seed }: { readonly head: HeadBuilder | undefined; readonly seed: number },
): Model {
  if (!classes) return model;
  const { shape } = model.outputs[0]!;
  const fits = model.classes
    ? model.classes.length === classes.length &&
      model.classes.every((label, index) => label === classes[index])
    : shape.length === 2 && shape[1] === classes.length;
  return fits ? model : replaceHead(model, { classes, seed, ...(head && { head }) });
}

/** Does `work`; an error with a history carries the epochs of the phases before as well. */
async function joined<T>(before: readonly History[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DivergenceError || error instanceof OutOfMemoryError)) throw error;
    const { message, model, cause } = error;
    const history = together([...before, error.history]);
    throw error instanceof DivergenceError
      ? new DivergenceError(message, model, history, error.where)
      : new OutOfMemoryError(message, model, history, error.where, { cause });
  }
}

/** The epochs of all phases, numbered through. */
function together(phases: readonly History[]): History {
  const epochs = phases.flatMap((phase) => phase.epochs);
  return { epochs: epochs.map((record, index): EpochRecord => ({ ...record, epoch: index + 1 })) };
}

function introduce({ parameters }: Model, phase: FineTunePhase, which: string): void {
  const trained = [...parameters.values()].filter(({ trainable }) => trainable);
  const sum = trained.reduce((total, { size }) => total + size, 0);
  const given = [phase, ...phase.groups ?? []].map(({ learningRate }) => learningRate);
  const rates = given.flatMap((one) => typeof one === "object" ? [one.from, one.to] : one ?? []);
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  const text = rates.length === 0
    ? ""
    : low === high
    ? `, learning rate ${low}`
    : `, learning rates ${low} to ${high}`;
  stderrProgress(true, "").note(
    `${which}: trains ${sum.toLocaleString("en")} weights for ${phase.epochs} epoch` +
      `${phase.epochs === 1 ? "" : "s"}${text}`,
  );
}
