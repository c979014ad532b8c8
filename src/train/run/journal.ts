import type { Dataset } from "../../tensor/dataset.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { EpochRecord, History } from "../history.ts";
import { stderrProgress } from "../progress.ts";
import { Trainer } from "../trainer.ts";
import { CallbackList } from "./callback_list.ts";
import { Checkpoints } from "./checkpoints.ts";
import { inParameters } from "./diagnose.ts";
import { type DivergedAt, divergenceError, type Good } from "./divergence.ts";
import type { RunData } from "./run_data.ts";
import { keyDifferences, type RunKey, runKey } from "./run_key.ts";
import { checkVersion, type Place, type RunState, startOf, STATE_VERSION } from "./run_state.ts";

/** Time after which work that shows nothing is mentioned, in milliseconds. */
const LONG_MS = 1000;

/** How far a run has come: its epochs, its place in the data, its callbacks; kept in checkpoints. */
export class Journal {
  readonly callbacks: CallbackList;
  readonly checkpoints: Checkpoints | undefined;
  /** The epochs that ended. */
  readonly epochs: EpochRecord[] = [];
  /** Where the run is. */
  place: Place = startOf(0);
  /** At the start the model's own weights are good. */
  #good: Good = { tensors: new Map(), epochs: 0, steps: 0 };
  #key: RunKey = {};

  constructor(readonly trainer: Trainer, readonly data: RunData) {
    const { checkpoint, callbacks } = trainer.settings;
    this.callbacks = new CallbackList(callbacks, {
      model: () => Trainer.modelOf(trainer.model, trainer.snapshot({ weightsOnly: true })),
      weights: () => Trainer.weightsOf(trainer.snapshot({ weightsOnly: true })),
    });
    this.checkpoints = checkpoint === undefined ? undefined : new Checkpoints(checkpoint);
  }

  /** The weights as they are now: those kept at the end of the last epoch, where no batch came since. */
  get weights(): ReadonlyMap<string, Tensor> {
    const isKept = this.place.position === 0 && this.#good.epochs === this.epochs.length;
    return isKept ? this.#good.tensors : this.trainer.snapshot({ weightsOnly: true });
  }

  /** The epochs so far, as they are now. */
  get history(): History {
    return { epochs: [...this.epochs] };
  }

  /** Takes an epoch into the history, tells the callbacks and writes a checkpoint. */
  async ended(record: EpochRecord): Promise<void> {
    this.epochs.push(record);
    this.place = startOf(record.epoch);
    await this.callbacks.epoch({ record, history: this.history });
    this.#keep();
    const isBest = this.checkpoints?.isBest(record) ?? false;
    await this.checkpoints?.write(this.#checkpoint(this.#good.tensors), { isBest });
  }

  /** Writes a checkpoint of the run as it is now, where they are wanted. */
  async save(): Promise<void> {
    if (!this.checkpoints) return;
    await this.checkFinite();
    await this.checkpoints.write(this.#checkpoint(this.trainer.snapshot()), { isBest: false });
  }

  /** Throws `DivergenceError` where the last update has left a parameter that is not finite. */
  async checkFinite(): Promise<void> {
    if (inParameters(this.trainer)) throw await this.diverged(this.place);
  }

  /** The error for numbers that are not finite. */
  async diverged(at: Omit<DivergedAt, "good" | "history">): Promise<Error> {
    const known = { good: this.#good, history: this.history };
    return await divergenceError(this.trainer, this.data, { ...known, ...at });
  }

  /** Goes back to where the checkpoint of an earlier run is, where there is one. */
  async resume(dataset: Dataset): Promise<void> {
    const { trainer, checkpoints } = this;
    const { settings, model } = trainer;
    if (!checkpoints) return;
    const { folder } = checkpoints.policy;
    const { note } = stderrProgress(settings.verbose, "");
    const checkpoint = await checkpoints.read();
    const timer = setTimeout(() => note("reading the training data, to know them again"), LONG_MS);
    try {
      this.#key = await runKey({ settings, model, dataset, updates: trainer.updateKey });
    } finally {
      clearTimeout(timer);
    }
    if (!checkpoint) return;
    const state = checkVersion(checkpoint.state, folder);
    const differences = keyDifferences(state.key, this.#key);
    if (differences.length > 0) {
      throw new RangeError(
        `The checkpoint in "${folder}" is of another run: what differs is ` +
          `${differences.join(", ")}. Give another folder, or remove it to start anew`,
      );
    }
    this.#restore(state, checkpoint.tensors);
    const { place: { epoch, position }, steps } = state;
    const where = position === 0 ? "" : `, example ${position}`;
    note(`${folder}: goes on after step ${steps} (epoch ${epoch + 1}${where})`);
  }

  #restore(state: RunState, tensors: ReadonlyMap<string, Tensor>): void {
    const { epochs, steps } = state;
    this.trainer.restore(tensors, steps);
    this.epochs.push(...epochs);
    this.place = state.place;
    this.callbacks.stopped = state.stopped;
    this.callbacks.restore(state.callbacks, tensors);
    this.checkpoints!.best = state.best;
    this.checkpoints!.resumedAt(steps);
    this.#keep();
  }

  /** Keeps everything as it is now; of what a checkpoint alone needs, only where there are such. */
  #keep(): void {
    const { trainer, checkpoints } = this;
    const into = this.#good.tensors;
    const tensors = trainer.snapshot({ into, weightsOnly: !checkpoints });
    this.#good = { tensors, epochs: this.epochs.length, steps: trainer.steps };
  }

  #checkpoint(tensors: ReadonlyMap<string, Tensor>): Checkpoint {
    const { steps, settings: { optimizer } } = this.trainer;
    const { states, tensors: more } = this.callbacks.states();
    const { stopped } = this.callbacks;
    const best = this.checkpoints?.best;
    const state: RunState = {
      version: STATE_VERSION,
      key: this.#key,
      steps,
      epochs: this.epochs,
      place: this.place,
      callbacks: states,
      ...(stopped !== undefined && { stopped }),
      ...(best !== undefined && { best }),
    };
    const { learningRate } = optimizer;
    return { tensors: new Map([...tensors, ...more]), state, steps, learningRate };
  }
}
