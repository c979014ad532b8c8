import type { Dataset } from "../tensor/dataset.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { accuracyText, epochLine } from "./epoch_line.ts";
import type { FitSettings } from "./fit_options.ts";
import type { EpochRecord, FitResult } from "./history.ts";
import { type Progress, stderrProgress } from "./progress.ts";
import { CallbackList } from "./run/callback_list.ts";
import { Checkpoints } from "./run/checkpoints.ts";
import { inParameters } from "./run/diagnose.ts";
import { divergenceError, type Good } from "./run/divergence.ts";
import { RunData } from "./run/run_data.ts";
import { keyDifferences, type RunKey, runKey } from "./run/run_key.ts";
import {
  checkVersion,
  type Place,
  type RunState,
  startOf,
  STATE_VERSION,
} from "./run/run_state.ts";
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
  readonly #callbacks: CallbackList;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #epochs: EpochRecord[] = [];
  #key: RunKey = {};
  #place: Place = startOf(0);
  #good: Good;

  constructor(readonly trainer: Trainer, readonly datasets: RunDatasets) {
    this.settings = trainer.settings;
    const { checkpoint, callbacks } = this.settings;
    this.#data = new RunData(trainer, datasets.train, datasets.validation);
    this.#callbacks = new CallbackList(callbacks, {
      model: () => Trainer.modelOf(trainer.model, trainer.snapshot()),
      weights: () => Trainer.weightsOf(trainer.snapshot()),
    });
    this.#checkpoints = checkpoint === undefined ? undefined : new Checkpoints(checkpoint);
    this.#good = { tensors: trainer.snapshot(), epochs: 0, steps: 0 };
  }

  /** Trains to the end, or until the signal or a callback ends it. */
  async run(): Promise<FitResult> {
    const { signal } = this.settings;
    try {
      await this.#resume();
      if (this.#goesOn && !await this.#fill()) return this.#result("aborted");
      await this.#start();
      let outcome: Outcome = "done";
      while (outcome === "done" && this.#goesOn) {
        outcome = signal?.aborted ? "aborted" : await this.#epoch();
      }
      // What `use` chooses is for the result alone: a run that resumes goes on from the last step.
      if (outcome === "aborted") await this.#save();
      await this.#callbacks.end({ history: { epochs: [...this.#epochs] } });
      return this.#result(outcome);
    } finally {
      this.#data.close();
    }
  }

  get #goesOn(): boolean {
    return this.#place.epoch < this.settings.epochs && this.#callbacks.stopped === undefined;
  }

  #result(outcome: Outcome): FitResult {
    const { model } = this.trainer;
    const weights = this.#callbacks.chosen ?? this.trainer.snapshot();
    const stopped = this.#callbacks.stopped ??
      (outcome === "aborted" ? "the signal ended it" : undefined);
    return {
      model: Trainer.modelOf(model, weights),
      history: { epochs: this.#epochs },
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
    await this.#callbacks.start({
      epochs: this.settings.epochs,
      stepsPerEpoch: this.#stepsOf(this.#place.epoch),
      steps: this.trainer.steps,
      history: { epochs: [...this.#epochs] },
    });
  }

  #stepsOf(epoch: number): number {
    return Math.ceil(this.#data.lengthOf(epoch) / this.settings.batchSize);
  }

  /** The rest of an epoch, from the place where the run is. */
  async #epoch(): Promise<Outcome> {
    const { settings, trainer } = this;
    const { epoch } = this.#place;
    const tally = new Tally(settings.loss, this.#place.tally);
    const progress = stderrProgress(
      settings.verbose,
      `epoch ${epoch + 1}/${settings.epochs}`,
    );
    const early = await this.#steps(tally, progress);
    if (tally.examples === 0 && early === undefined) {
      throw new RangeError("None of the training examples could be read, or all have weight 0");
    }
    progress.done();
    if (early) return this.#early(early, progress);
    await this.#checkFinite(progress);
    const validation = this.datasets.validation && await validate(this.#data, trainer);
    if (this.datasets.validation && !validation) return this.#early("aborted", progress);
    const { seconds, learningRate } = this.#place;
    const record: EpochRecord = {
      epoch: epoch + 1,
      loss: tally.meanLoss,
      accuracy: tally.accuracy,
      learningRate,
      seconds,
      imagesPerSecond: tally.examples / seconds,
      ...(validation && { validation }),
    };
    await this.#ended(record);
    progress.note(epochLine(record, settings.epochs));
    if (this.#callbacks.stopped === undefined) return "done";
    return this.#early("stopped", progress);
  }

  #early(outcome: Outcome, progress: Progress): Outcome {
    progress.note(
      outcome === "stopped" ? `stopped: ${this.#callbacks.stopped}` : "stopped early",
    );
    return outcome;
  }

  /** The steps of the epoch that are left; how it ended, where that was early. */
  async #steps(tally: Tally, progress: Progress): Promise<Outcome | undefined> {
    const { settings, trainer } = this;
    const { epoch, position, seconds } = this.#place;
    const length = this.#data.lengthOf(epoch);
    const start = performance.now();
    for await (const batch of this.#data.batches(epoch, position)) {
      const { count, next, targets, weights } = batch;
      // A batch of examples that do not count has no mean loss and teaches nothing.
      if (weights.data.every((weight) => weight === 0)) continue;
      const learningRate = this.#learningRate(epoch);
      const program = await batch.program;
      const { loss, outputs, terms } = await trainer.step(program, batch, learningRate);
      if (!Number.isFinite(loss)) {
        progress.done();
        throw await divergenceError(this.trainer, this.#data, {
          ...this.#goodThing,
          epoch,
          loss,
          learningRate,
          batch,
        });
      }
      tally.add(Object.values(outputs)[0]!, targets, weights, count, loss, terms);
      const passed = (performance.now() - start) / 1000;
      this.#place = { epoch, position: next, seconds: seconds + passed, learningRate };
      const more = `loss ${tally.meanLoss.toFixed(4)}${accuracyText(tally.accuracy)}`;
      progress.at(tally.examples, length, more);
      await this.#callbacks.step({
        step: trainer.steps,
        epoch: epoch + 1,
        loss,
        learningRate,
        count,
      });
      const early = this.#isEarly();
      const isDue = this.#checkpoints?.isDue(trainer.steps);
      if (early || isDue) this.#place = { ...this.#place, tally: tally.state };
      if (early === "stopped") await this.#save();
      if (early) return early;
      if (isDue) await this.#save();
    }
    // What a run needs that goes on after the last step, before the epoch's record.
    this.#place = { ...this.#place, position: length, tally: tally.state };
    return undefined;
  }

  #isEarly(): Outcome | undefined {
    if (this.#callbacks.stopped !== undefined) return "stopped";
    return this.settings.signal?.aborted ? "aborted" : undefined;
  }

  #learningRate(epoch: number): number {
    const { optimizer, schedule, epochs } = this.settings;
    const { steps } = this.trainer;
    const stepsPerEpoch = this.#stepsOf(epoch);
    const factor = schedule(steps, epochs * stepsPerEpoch, stepsPerEpoch);
    if (Number.isFinite(factor) && factor >= 0) return optimizer.learningRate * factor;
    throw new RangeError(
      `fit(): the "schedule" must give a finite number from 0 on, found ${factor} at step ${steps}`,
    );
  }

  /** Takes an epoch into the history, tells the callbacks and writes a checkpoint. */
  async #ended(record: EpochRecord): Promise<void> {
    this.#epochs.push(record);
    this.#place = startOf(record.epoch);
    await this.#callbacks.epoch({ record, history: { epochs: [...this.#epochs] } });
    const { steps } = this.trainer;
    this.#good = { tensors: this.trainer.snapshot(), epochs: this.#epochs.length, steps };
    const isBest = this.#checkpoints?.isBest(record) ?? false;
    await this.#checkpoints?.write(this.#checkpoint(this.#good.tensors), { isBest });
  }

  /** Writes a checkpoint of the run as it is now. */
  async #save(): Promise<void> {
    if (!this.#checkpoints) return;
    await this.#checkFinite();
    await this.#checkpoints.write(this.#checkpoint(this.trainer.snapshot()), { isBest: false });
  }

  #checkpoint(tensors: ReadonlyMap<string, Tensor>): Checkpoint {
    const { steps } = this.trainer;
    const { states, tensors: more } = this.#callbacks.states();
    const { stopped } = this.#callbacks;
    const best = this.#checkpoints?.best;
    const state: RunState = {
      version: STATE_VERSION,
      key: this.#key,
      steps,
      epochs: this.#epochs,
      place: this.#place,
      callbacks: states,
      ...(stopped !== undefined && { stopped }),
      ...(best !== undefined && { best }),
    };
    const { learningRate } = this.settings.optimizer;
    return { tensors: new Map([...tensors, ...more]), state, steps, learningRate };
  }

  /** Throws `DivergenceError` where the last update has left a parameter that is not finite. */
  async #checkFinite(progress?: Progress): Promise<void> {
    if (!inParameters(this.trainer)) return;
    progress?.done();
    const { epoch, learningRate } = this.#place;
    throw await divergenceError(this.trainer, this.#data, {
      ...this.#goodThing,
      epoch,
      learningRate,
    });
  }

  get #goodThing() {
    return { good: this.#good, history: { epochs: this.#epochs } };
  }

  /** Goes back to where the checkpoint of an earlier run is, where there is one. */
  async #resume(): Promise<void> {
    const { settings, trainer } = this;
    if (!this.#checkpoints) return;
    const { folder } = this.#checkpoints.policy;
    const checkpoint = await this.#checkpoints.read();
    const { given: dataset } = this.datasets;
    this.#key = await runKey({ settings, model: trainer.model, dataset });
    if (!checkpoint) return;
    const state = checkVersion(checkpoint.state, folder);
    const differences = keyDifferences(state.key, this.#key);
    if (differences.length > 0) {
      throw new RangeError(
        `The checkpoint in "${folder}" is of another run: what differs is ` +
          `${differences.join(", ")}. Give another folder, or remove it to start anew`,
      );
    }
    trainer.restore(checkpoint.tensors, state.steps);
    this.#epochs.push(...state.epochs);
    this.#place = state.place;
    this.#callbacks.stopped = state.stopped;
    this.#callbacks.restore(state.callbacks, checkpoint.tensors);
    this.#checkpoints.best = state.best;
    this.#checkpoints.resumedAt(state.steps);
    this.#good = { tensors: trainer.snapshot(), epochs: state.epochs.length, steps: state.steps };
    const { place: { epoch, position }, steps } = state;
    const where = position === 0 ? "" : `, example ${position}`;
    stderrProgress(settings.verbose, "").note(
      `${folder}: goes on after step ${steps} (epoch ${epoch + 1}${where})`,
    );
  }
}
