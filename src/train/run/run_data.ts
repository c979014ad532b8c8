import type { Graph } from "../../onnx/graph.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { BatchMemory } from "../batch_memory.ts";
import { checkedClasses } from "../evaluate_output.ts";
import type { FeatureBatch, FeatureTable } from "../features/feature_table.ts";
import { epochLength, type EpochOrder, epochOrder } from "../epoch_order.ts";
import { FeatureTables } from "../features/feature_tables.ts";
import { batches, type HostBatch } from "../loader.ts";
import { asMixed, mixBatch } from "../mix/mix_batch.ts";
import type { Program } from "../program.ts";
import { firstBatch, padded } from "../sample_batch.ts";
import type { Trainer } from "../trainer.ts";

/** A batch of a run, with the program for its size. */
export interface RunBatch extends FeatureBatch {
  readonly program: Promise<Program>;
  /** Its rows, in the table of features or else in the data set. */
  readonly rows: ArrayLike<number>;
  /** Whether those are rows of the table. */
  readonly isTable: boolean;
  /** Where the next batch begins, in the epoch's order. */
  readonly next: number;
}

/** Batch size of the form of the frozen part that kept features are known by. */
const KEY_BATCH = 2;

/** The data of a run: their batches, in order, from any place on. */
export class RunData {
  readonly #tables = new FeatureTables();
  readonly #probes = new Map<Dataset, Map<number, Promise<HostBatch>>>();
  readonly #classCount: number | undefined;
  /** Of the batch at hand, of training or validation. */
  readonly #memory = new BatchMemory();

  constructor(
    readonly trainer: Trainer,
    readonly train: Dataset,
    readonly validation: Dataset | undefined,
  ) {
    this.#classCount = checkedClasses(trainer.model, trainer.settings.loss);
  }

  /** Computes what the frozen part makes of the examples, or reads it. */
  async fill(): Promise<void> {
    const { settings } = this.trainer;
    await this.#tables.fill(this.train, this.validation, {
      settings,
      classCount: this.#classCount,
      program: async (dataset) => this.trainer.program(await this.#probe(dataset)),
      frozen: (dataset) => this.#frozen(dataset),
    });
  }

  /** The frozen part at one batch size, whatever that of the run is. */
  async #frozen(dataset: Dataset): Promise<Graph | undefined> {
    try {
      return await this.trainer.frozenPart(await this.#probe(dataset, KEY_BATCH));
    } catch {
      // A network may be made for one batch size only, which is then that of the run.
      return (await this.trainer.program(await this.#probe(dataset))).specialised.frozen;
    }
  }

  /** Examples of an epoch. */
  lengthOf(epoch: number): number {
    return epochLength(this.trainer.settings, this.#tables.ofEpoch(epoch) ?? this.train);
  }

  /** Examples of the validation data. */
  get validationLength(): number {
    return this.#tables.validation?.length ?? this.validation?.length ?? 0;
  }

  /** The batches of an epoch, from a place in its order on. */
  async *batches(epoch: number, from: number): AsyncGenerator<RunBatch> {
    const table = this.#tables.ofEpoch(epoch);
    const order = epochOrder(this.trainer.settings, table ?? this.train, epoch);
    if (table) yield* this.#ofTable(table, order.order, from);
    else yield* this.#ofExamples(epoch, order, from);
  }

  async *#ofTable(
    table: FeatureTable,
    order: Uint32Array,
    from: number,
  ): AsyncGenerator<RunBatch> {
    const { trainer } = this;
    const { batchSize } = trainer.settings;
    const probe = await this.#probe(this.train);
    const whole = await trainer.program(probe);
    // Rows that only fill a batch would count in its statistics.
    const exact = whole.specialised.batchNorms.size > 0;
    for (let at = from; at < order.length; at += batchSize) {
      const rows = order.subarray(at, at + batchSize);
      const size = exact ? rows.length : batchSize;
      const program = size === batchSize
        ? trainer.program(probe)
        : trainer.program(await this.#probe(this.train, size));
      const next = at + rows.length;
      yield { ...table.batch(rows, size), program, rows, isTable: true, next };
    }
  }

  async *#ofExamples(
    epoch: number,
    { order, repeats }: EpochOrder,
    from: number,
  ): AsyncGenerator<RunBatch> {
    const { batchSize, mix } = this.trainer.settings;
    const options = {
      batchSize,
      order: order.subarray(from),
      repeats: repeats?.subarray(from),
      epoch,
      classCount: this.#classCount,
      pad: false,
      // A mixture of a user's own may keep what it is given.
      memory: mix ? undefined : this.#memory,
    };
    let next = from;
    for await (const batch of batches(this.train, options)) {
      // Examples that could not be read lie between those of a batch.
      for (const index of batch.indices) next = order.indexOf(index, next) + 1;
      const mixed = mixBatch(batch, this.trainer, { epoch, next });
      const full = batch.count === batchSize || !await this.#mayPad(batch.count)
        ? mixed
        : padded(mixed, batchSize);
      const program = this.trainer.program(full);
      yield {
        features: await (await program).features(full.inputs),
        targets: full.targets!,
        weights: full.weights,
        count: full.count,
        program,
        rows: batch.indices,
        isTable: false,
        next,
      };
    }
  }

  /** The batches of the validation data, all filled up to one size. */
  async *validationBatches(): AsyncGenerator<FeatureBatch & { readonly program: Program }> {
    const dataset = this.validation;
    if (!dataset) return;
    const { batchSize } = this.trainer.settings;
    const program = await this.trainer.program(await this.#probe(dataset));
    const table = this.#tables.validation;
    const length = table?.length ?? dataset.length;
    const order = Uint32Array.from({ length }, (_, index) => index);
    if (table) {
      for (let at = 0; at < length; at += batchSize) {
        yield { ...table.batch(order.subarray(at, at + batchSize), batchSize), program };
      }
      return;
    }
    const options = { batchSize, order, classCount: this.#classCount, memory: this.#memory };
    for await (const batch of batches(dataset, options)) {
      // Batches of another shape, such as longer texts, have a program of their own.
      const own = await this.trainer.program(batch);
      const features = await own.features(batch.inputs);
      yield { ...batch, features, targets: batch.targets!, program: own };
    }
  }

  /** The examples of a batch as the data set gives them, with their names. */
  async examplesOf(
    { rows, isTable, weights }: RunBatch,
    epoch: number,
  ): Promise<{ readonly batch: HostBatch; readonly names: (string | undefined)[] }> {
    const places = isTable ? this.#readable() : undefined;
    const order = Array.from(rows, (row) => places?.[row] ?? row);
    const names = new Map<number, string | undefined>();
    const named: Dataset = {
      length: this.train.length,
      get: async (index, draw) => {
        const example = await this.train.get(index, draw);
        names.set(index, example?.name);
        return example;
      },
    };
    const draw = isTable ? this.#tables.drawOf(epoch) : epoch;
    const options = { batchSize: order.length, order, epoch: draw, pad: false };
    for await (const batch of batches(named, options)) {
      const whole = padded(batch, Math.max(batch.count, weights.dims[0]!));
      return { batch: whole, names: batch.indices.map((index) => names.get(index)) };
    }
    throw new RangeError("None of the examples of the batch can be read again");
  }

  /** Indices of the examples in a table: all but those that could not be read. */
  #readable(): number[] {
    const skipped = new Set((this.train.skipped ?? []).map(({ index }) => index));
    return Array.from({ length: this.train.length }, (_, index) => index)
      .filter((index) => !skipped.has(index));
  }

  /** Gives up what is kept. */
  close(): void {
    this.#tables.close();
  }

  /** The first rows of a data set as a batch of `size`, for its shapes. */
  #probe(dataset: Dataset, size: number = this.trainer.settings.batchSize): Promise<HostBatch> {
    const known = this.#probes.get(dataset)?.get(size);
    if (known) return known;
    const plain = firstBatch(dataset, size, this.#classCount);
    const made = dataset === this.train
      ? plain.then((batch) => asMixed(batch, this.trainer))
      : plain;
    const sizes = this.#probes.get(dataset) ?? new Map<number, Promise<HostBatch>>();
    this.#probes.set(dataset, sizes.set(size, made));
    return made;
  }

  /** Whether a batch of `count` rows may be filled up: a program is there, and takes no statistics. */
  async #mayPad(count: number): Promise<boolean> {
    const { batchSize } = this.trainer.settings;
    if (count === batchSize || this.train.length < batchSize) return false;
    const program = await this.trainer.program(await this.#probe(this.train));
    return program.specialised.batchNorms.size === 0;
  }
}
