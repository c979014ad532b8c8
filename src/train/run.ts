import type { Dataset } from "../tensor/dataset.ts";
import { averageEpoch } from "./average/statistics.ts";
import { accuracyText, epochLine } from "./epoch_line.ts";
import type { FitSettings } from "./fit_options.ts";
import type { StepTaken } from "./gradient_sum.ts";
import type { EpochRecord, FitResult } from "./history.ts";
import { type Progress, stderrProgress } from "./progress.ts";
import { Journal } from "./run/journal.ts";
import { RunData } from "./run/run_data.ts";
import { validate } from "./run/validate.ts";
import { Tally } from "./tally.ts";
import { Trainer } from "./trainer.ts";

/** How an epoch ended. */
type Outcome = "done" | "stopped" | "aborted";

/** What a run trains on and measures itself with. */
export interface RunDatasets {
  /** The training data as they were given, by whose content checkpoints know them. */
  readonly given: Dataset;
  /** The same, ready for the model. */
  readonly train: Dataset;
  /** The validation data, ready for the model. */
  readonly validation: Dataset | undefined;
}

/** One run of `fit`. */
export class Run {
  readonly settings: FitSettings;
  readonly #data: RunData;
  readonly #journal: Journal;

  constructor(readonly trainer: Trainer, readonly datasets: RunDatasets) {
    this.settings = trainer.settings;
    this.#data = new RunData(trainer, datasets.train, datasets.validation);
    this.#journal = new Journal(trainer, this.#data);
  }

  /** Trains to the end, or until the signal or a callback ends it. */
  async run(): Promise<FitResult> {
    const { signal } = this.settings;
    try {
      await this.#journal.resume(this.datasets.given);
      if (this.#goesOn && !await this.#fill()) return this.#result("aborted");
      await this.#start();
      let outcome: Outcome = "done";
      while (outcome === "done" && this.#goesOn) {
        outcome = signal?.aborted ? "aborted" : await this.#epoch();
      }
      // What `use` chooses is for the result alone: a run that resumes goes on from the last step.
      if (outcome === "aborted") await this.#journal.save();
      await this.#journal.callbacks.end({ history: this.#journal.history });
      return this.#result(outcome);
    } finally {
      this.#data.close();
    }
  }

  /** The model with the weights as they are at home now, and the epochs that ended. */
  get soFar(): Pick<FitResult, "model" | "history"> {
    const { trainer } = this;
    return {
      model: Trainer.modelOf(trainer.model, trainer.snapshot({ weightsOnly: true })),
      history: this.#journal.history,
    };
  }

  get #goesOn(): boolean {
    return this.#journal.place.epoch < this.settings.epochs &&
      this.#journal.callbacks.stopped === undefined;
  }

  #result(outcome: Outcome): FitResult {
    const { model } = this.trainer;
    const weights = this.#journal.callbacks.chosen ?? this.#journal.weights;
    const stopped = this.#journal.callbacks.stopped ??
      (outcome === "aborted" ? "the signal ended it" : undefined);
    return {
      model: Trainer.modelOf(model, weights),
      history: this.#journal.history,
      ...(stopped !== undefined && { stopped }),
    };
  }

  /** Computes features; false where the signal ended it. */
  async #fill(): Promise<boolean> {
    const { signal } = this.settings;
    try {
      await this.#data.fill();
      return true;
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return false;
      throw error;
    }
  }

  async #start(): Promise<void> {
    await this.#journal.callbacks.start({
      epochs: this.settings.epochs,
      stepsPerEpoch: this.#stepsOf(this.#journal.place.epoch),
      steps: this.trainer.steps,
      history: this.#journal.history,
    });
  }

  #stepsOf(epoch: number): number {
    const { batchSize, accumulate } = this.settings;
    return Math.ceil(Math.ceil(this.#data.lengthOf(epoch) / batchSize) / accumulate);
  }

  /** The rest of an epoch, from the place where the run is. */
  async #epoch(): Promise<Outcome> {
    const { settings, trainer } = this;
    const { epoch, tally: before } = this.#journal.place;
    const tally = new Tally(settings.loss, before);
    const progress = stderrProgress(settings.verbose, `epoch ${epoch + 1}/${settings.epochs}`);
    const early = await this.#steps(tally, progress);
    progress.done();
    if (early) return this.#early(early, progress);
    if (tally.examples === 0) {
      throw new RangeError("None of the training examples could be read, or all have weight 0");
    }
    await this.#journal.checkFinite();
    await averageEpoch(trainer, this.#data, epoch);
    const validation = this.datasets.validation &&
      await trainer.withAverage(() => validate(this.#data, trainer));
    if (this.datasets.validation && !validation) return this.#early("aborted", progress);
    const { seconds, learningRate } = this.#journal.place;
    const record = {
      epoch: epoch + 1,
      loss: tally.meanLoss,
      accuracy: tally.accuracy,
      learningRate,
      seconds,
      imagesPerSecond: tally.examples / seconds,
      ...this.#scaleNow(),
      ...(validation && { validation }),
    };
    await this.#journal.ended(record);
    progress.note(epochLine(record, settings.epochs));
    if (this.#journal.callbacks.stopped === undefined) return "done";
    return this.#early("stopped", progress);
  }

  /** How the loss of float16 is scaled, and the steps that this epoch has skipped. */
  #scaleNow(): Pick<EpochRecord, "lossScale" | "skippedSteps"> {
    const { lossScale } = this.trainer;
    if (!lossScale) return {};
    const before = this.#journal.epochs.reduce((sum, one) => sum + (one.skippedSteps ?? 0), 0);
    return { lossScale: lossScale.scale, skippedSteps: lossScale.skipped - before };
  }

  #early(outcome: Outcome, progress: Progress): Outcome {
    const { stopped } = this.#journal.callbacks;
    progress.note(outcome === "stopped" ? `stopped: ${stopped}` : "stopped early");
    return outcome;
  }

  /** The steps of the epoch that are left; how it ended, where that was early. */
  async #steps(tally: Tally, progress: Progress): Promise<Outcome | undefined> {
    const { trainer } = this;
    const journal = this.#journal;
    const { epoch, position, seconds } = journal.place;
    const length = this.#data.lengthOf(epoch);
    const start = performance.now();
    for await (const batch of this.#data.batches(epoch, position)) {
      const { count, next, targets, weights } = batch;
      // A batch of examples that do not count has no mean loss and teaches nothing.
      if (weights.data.every((weight) => weight === 0)) continue;
      const learningRate = this.#learningRate(epoch);
      const program = await batch.program;
      const result = await trainer.step(program, batch, learningRate, this.#progress(epoch));
      const { loss, outputs, terms, right, ...step } = result;
      if (!Number.isFinite(loss) || step.broken !== undefined) {
        progress.done();
        await trainer.settle();
        throw await journal.diverged({ epoch, loss, learningRate, batch, ...step });
      }
      if (right !== undefined) tally.addCounted(weights, count, { loss, right, terms });
      else tally.add(Object.values(outputs!)[0]!, targets, weights, count, loss, terms);
      const passed = (performance.now() - start) / 1000;
      journal.place = { epoch, position: next, seconds: seconds + passed, learningRate };
      const more = `loss ${tally.meanLoss.toFixed(4)}${accuracyText(tally.accuracy)}`;
      progress.at(tally.examples, length, more);
      const early = await this.#stepped(step.taken, tally);
      if (early) return early;
    }
    // What a run needs that goes on after the last batch, before the epoch's record.
    journal.place = { ...journal.place, position: length, tally: tally.state };
    await trainer.settle();
    const last = await trainer.finishStep(journal.place.learningRate);
    if (last.broken !== undefined) throw await journal.diverged({ ...journal.place, ...last });
    return await this.#stepped(last.taken, tally);
  }

  /** Tells of a step, if one was taken, and writes a checkpoint where one is due; whether the run ends. */
  async #stepped(taken: StepTaken | undefined, tally: Tally): Promise<Outcome | undefined> {
    const journal = this.#journal;
    const { trainer } = this;
    const { steps: step } = trainer;
    const { epoch, learningRate } = journal.place;
    // A callback may ask for the weights of any step.
    if (trainer.settings.callbacks.length > 0) await trainer.settle();
    if (taken) await journal.callbacks.step({ step, epoch: epoch + 1, learningRate, ...taken });
    const early = this.#earlyOutcome();
    const isDue = early === "stopped" || taken && journal.checkpoints?.isDue(step);
    if (early || isDue) await trainer.settle();
    if (early || isDue) journal.place = { ...journal.place, tally: tally.state };
    if (isDue) await journal.save();
    return early;
  }

  #earlyOutcome(): Outcome | undefined {
    if (this.#journal.callbacks.stopped !== undefined) return "stopped";
    return this.settings.signal?.aborted ? "aborted" : undefined;
  }

  /** How far training is, from 0 to 1, by its steps. */
  #progress(epoch: number): number {
    return Math.min(1, this.trainer.steps / (this.settings.epochs * this.#stepsOf(epoch)));
  }

  #learningRate(epoch: number): number {
    const { optimizer, schedule, epochs } = this.settings;
    const { steps } = this.trainer;
    const stepsPerEpoch = this.#stepsOf(epoch);
    const factor = schedule(steps, epochs * stepsPerEpoch, stepsPerEpoch, this.#journal.epochs);
    if (Number.isFinite(factor) && factor >= 0) return optimizer.learningRate * factor;
    throw new RangeError(
      `fit(): the "schedule" must give a finite number from 0 on, found ${factor} at step ${steps}`,
    );
  }
}
