import { permutation, rng } from "../tensor/rng.ts";
import type { Dataset } from "../tensor/dataset.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { lossKey } from "../artifacts/losses/by_name.ts";
import { checkedClasses } from "./evaluate_output.ts";
import type { FeatureBatch } from "./features/feature_table.ts";
import { FeatureTables, type Filling } from "./features/feature_tables.ts";
import {
  DivergenceError,
  type EpochRecord,
  type FitResult,
  type FitSettings,
} from "./fit_options.ts";
import { batches, type HostBatch } from "./loader.ts";
import { type Progress, stderrProgress } from "./progress.ts";
import { Tally } from "./tally.ts";
import { Trainer } from "./trainer.ts";

import { accuracyText, epochLine } from "./epoch_line.ts";
import { firstBatch, padded } from "./sample_batch.ts";

/** What a checkpoint says beside its tensors. */
interface RunState {
  readonly epoch: number;
  readonly steps: number;
  readonly epochs: readonly EpochRecord[];
  readonly key: string;
}

/** One run of `fit`. */
export class Run {
  readonly #epochs: EpochRecord[] = [];
  #good: ReadonlyMap<string, Tensor>;
  readonly #tables = new FeatureTables();
  readonly #probes = new Map<Dataset, Map<number, Promise<HostBatch>>>();
  readonly #classCount: number | undefined;

  constructor(
    readonly trainer: Trainer,
    readonly settings: FitSettings,
    readonly train: Dataset,
    readonly validation: Dataset | undefined,
  ) {
    this.#good = trainer.snapshot();
    this.#classCount = checkedClasses(trainer.model, settings.loss);
  }

  async run(): Promise<FitResult> {
    const { epochs, checkpoint } = this.settings;
    const first = checkpoint === undefined ? 0 : await this.#resume(checkpoint);
    try {
      if (first < epochs) await this.#tables.fill(this.train, this.validation, this.#filling);
      for (let epoch = first; epoch < epochs; epoch++) {
        const done = await this.#epoch(epoch);
        if (!done) break;
        this.#good = this.trainer.snapshot();
        if (checkpoint !== undefined) await this.#save(checkpoint, epoch + 1);
      }
      return this.#result(this.trainer.snapshot());
    } finally {
      this.#tables.close();
    }
  }

  /** How features of the examples are computed. */
  get #filling(): Filling {
    return {
      settings: this.settings,
      classCount: this.#classCount,
      program: async (dataset) =>
        await this.trainer.program(await this.#probe(dataset, this.settings.batchSize)),
    };
  }

  /** The first rows of a data set as a batch of `size`, for its shapes. */
  #probe(dataset: Dataset, size: number): Promise<HostBatch> {
    const known = this.#probes.get(dataset)?.get(size);
    if (known) return known;
    const made = firstBatch(dataset, size, this.#classCount);
    const sizes = this.#probes.get(dataset) ?? new Map<number, Promise<HostBatch>>();
    this.#probes.set(dataset, sizes.set(size, made));
    return made;
  }

  #result(weights: ReadonlyMap<string, Tensor>): FitResult {
    return {
      model: Trainer.modelOf(this.trainer.model, weights),
      history: { epochs: this.#epochs },
    };
  }

  /** One epoch; false where it was ended early. */
  async #epoch(epoch: number): Promise<boolean> {
    const { settings, trainer } = this;
    const { optimizer, schedule, epochs, signal } = settings;
    const progress = stderrProgress(settings.verbose, `epoch ${epoch + 1}/${epochs}`);
    const start = performance.now();
    const tally = new Tally(settings.loss);
    const length = this.#tables.ofEpoch(epoch)?.length ?? this.train.length;
    const stepsPerEpoch = Math.ceil(length / settings.batchSize);
    let learningRate = optimizer.learningRate;
    let done = 0;
    for await (const batch of this.#batches(epoch)) {
      if (signal?.aborted) {
        progress.note("stopped early");
        return false;
      }
      const factor = schedule(trainer.steps, epochs * stepsPerEpoch, stepsPerEpoch);
      if (!(Number.isFinite(factor) && factor >= 0)) {
        throw new RangeError(
          `fit(): the "schedule" must give a finite number from 0 on, found ${factor} at step ` +
            trainer.steps,
        );
      }
      learningRate = optimizer.learningRate * factor;
      // A batch of examples that do not count has no mean loss and teaches nothing.
      if (batch.weights.data.every((weight) => weight === 0)) continue;
      const step = await trainer.step(await batch.program, batch, learningRate);
      const { loss, outputs, terms } = step;
      if (!Number.isFinite(loss)) this.#diverged(loss, epoch, learningRate, progress);
      const { targets, weights, count } = batch;
      tally.add(Object.values(outputs)[0]!, targets, weights, count, loss, terms);
      done += batch.count;
      progress.at(done, length, `loss ${tally.meanLoss.toFixed(4)}${accuracyText(tally.accuracy)}`);
    }
    if (done === 0) {
      throw new RangeError("None of the training examples could be read, or all have weight 0");
    }
    progress.done();
    const seconds = (performance.now() - start) / 1000;
    const record: EpochRecord = {
      epoch: epoch + 1,
      loss: tally.meanLoss,
      accuracy: tally.accuracy,
      learningRate,
      seconds,
      imagesPerSecond: done / seconds,
      ...(this.validation && { validation: await this.#validate(this.validation) }),
    };
    this.#epochs.push(record);
    progress.note(epochLine(record, epochs));
    return true;
  }

  async *#batches(
    epoch: number,
  ): AsyncGenerator<FeatureBatch & { program: ReturnType<Trainer["program"]> }> {
    const { settings, trainer } = this;
    const { batchSize, shuffle, seed } = settings;
    const table = this.#tables.ofEpoch(epoch);
    const length = table?.length ?? this.train.length;
    const order = shuffle
      ? permutation(length, rng(seed, "shuffle", epoch))
      : Uint32Array.from({ length }, (_, index) => index);
    if (table) {
      const probe = await this.#probe(this.train, batchSize);
      const whole = await trainer.program(probe);
      // Rows that only fill a batch would count in its statistics.
      const exact = whole.specialised.batchNorms.size > 0;
      for (let at = 0; at < length; at += batchSize) {
        const rows = order.subarray(at, at + batchSize);
        const size = exact ? rows.length : batchSize;
        const program = size === batchSize
          ? trainer.program(probe)
          : trainer.program(await this.#probe(this.train, size));
        yield { ...table.batch(rows, size), program };
      }
      return;
    }
    const options = { batchSize, order, epoch, classCount: this.#classCount };
    for await (const batch of batches(this.train, { ...options, pad: false })) {
      const full = batch.count === batchSize || !await this.#mayPad(batch.count)
        ? batch
        : padded(batch, batchSize);
      const program = trainer.program(full);
      yield {
        features: await (await program).features(full.inputs),
        targets: full.targets!,
        weights: full.weights,
        count: full.count,
        program,
      };
    }
  }

  /** Whether a batch of `count` rows may be filled up: a program is there, and takes no statistics. */
  async #mayPad(count: number): Promise<boolean> {
    const { batchSize } = this.settings;
    if (count === batchSize || this.train.length < batchSize) return false;
    const probe = await this.#probe(this.train, batchSize);
    return (await this.trainer.program(probe)).specialised.batchNorms.size === 0;
  }

  async #validate(dataset: Dataset) {
    const { settings, trainer } = this;
    const { batchSize, verbose } = settings;
    const progress = stderrProgress(verbose, "validation");
    let done = 0;
    const tally = new Tally(settings.loss);
    const table = this.#tables.validation;
    const count = async (batch: FeatureBatch, program: Awaited<ReturnType<Trainer["program"]>>) => {
      const { features, targets, weights } = batch;
      const running = trainer.running(program);
      const { loss, outputs, terms } = await program.evaluate(features, targets, weights, running);
      tally.add(Object.values(outputs)[0]!, targets, weights, batch.count, loss, terms);
      done += batch.count;
      progress.at(done, table?.length ?? dataset.length);
    };
    const probe = await this.#probe(dataset, batchSize);
    const program = await trainer.program(probe);
    if (table) {
      for (let at = 0; at < table.length; at += batchSize) {
        const rows = Array.from(
          { length: Math.min(batchSize, table.length - at) },
          (_, row) => at + row,
        );
        await count(table.batch(rows, batchSize), program);
      }
    } else {
      const order = Uint32Array.from({ length: dataset.length }, (_, index) => index);
      const options = { batchSize, order, classCount: this.#classCount };
      for await (const batch of batches(dataset, options)) {
        const features = await program.features(batch.inputs);
        await count({ ...batch, features, targets: batch.targets! }, program);
      }
    }
    progress.done();
    return { loss: tally.meanLoss, accuracy: tally.accuracy };
  }

  #diverged(loss: number, epoch: number, learningRate: number, progress: Progress): never {
    progress.done();
    const { model, history } = this.#result(this.#good);
    throw new DivergenceError(
      `The loss became ${loss} in epoch ${epoch + 1}, step ${
        this.trainer.steps + 1
      }, at learning ` +
        `rate ${learningRate}. Try a tenth of it. The error's "model" has the weights of ` +
        (history.epochs.length > 0 ? `epoch ${history.epochs.length}` : "the start"),
      model,
      history,
    );
  }

  /** What must be the same for a run to go on. */
  get #key(): string {
    const { optimizer, batchSize, seed, shuffle, loss } = this.settings;
    const { memory } = this.trainer;
    const parameters = memory.names.map((name) => [name, memory.view(name, 0).dims]);
    const { name, settings } = optimizer;
    return JSON.stringify([name, settings, batchSize, seed, shuffle, lossKey(loss), parameters]);
  }

  async #save(folder: string, epoch: number): Promise<void> {
    const { steps } = this.trainer;
    const state: RunState = { epoch, steps, epochs: this.#epochs, key: this.#key };
    const { learningRate } = this.settings.optimizer;
    await writeCheckpoint(folder, { tensors: this.#good, state, steps, learningRate });
  }

  async #resume(folder: string): Promise<number> {
    const checkpoint = await readCheckpoint(folder);
    if (!checkpoint) return 0;
    const state = checkpoint.state as RunState;
    if (state.key !== this.#key) {
      throw new RangeError(
        `The checkpoint in "${folder}" is of another run (other parameters, optimizer, batch size, ` +
          "seed or loss). Give another folder, or remove it to start anew",
      );
    }
    this.trainer.restore(checkpoint.tensors, state.steps);
    this.#epochs.push(...state.epochs);
    this.#good = checkpoint.tensors;
    return state.epoch;
  }
}
