import { averaged, WeightAverage, type Weights } from "./average/weight_average.ts";
import { runningName } from "./checkpoint.ts";
import type { Graph } from "../onnx/graph.ts";
import type { Model } from "../onnx/model.ts";
import { withWeights } from "../onnx/model_from_graph.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Rng, rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Residence, whyNotResident } from "./resident/residence.ts";
import { checkAccumulation } from "./check_accumulation.ts";
import type { Applied, BatchResult } from "./batch_result.ts";
import { checkInputs } from "./check_inputs.ts";
import type { FeatureBatch } from "./features/feature_table.ts";
import type { FitSettings } from "./fit_options.ts";
import { GradientSum, type StepTaken } from "./gradient_sum.ts";
import type { HostBatch } from "./loader.ts";
import { LossScale } from "./precision/loss_scale.ts";
import { batchNormOf } from "./groups/resolve_groups.ts";
import { namingSizes } from "./misfit.ts";
import { momentsIn, type ParameterMemory } from "./parameter_memory.ts";
import { copies, type SnapshotOptions } from "./snapshot.ts";
import { specialise, type SpecialiseOptions } from "./specialise.ts";
import { Program } from "./program.ts";
import { type RunningStatistics, runningStatistics } from "./running_statistics.ts";
import { UpdateStep } from "./update_step.ts";

/** The state of a training run: parameters, optimizer state, running statistics, and its programs. */
export class Trainer {
  readonly memory: ParameterMemory;
  /** Steps taken. */
  steps = 0;
  #running: RunningStatistics | undefined;
  /** The average of the weights, where the settings ask for one. */
  readonly average: WeightAverage | undefined;
  /** What the loss is multiplied by, where the settings ask for float16. */
  readonly lossScale: LossScale | undefined;
  readonly #gathered = new GradientSum();
  readonly #update: UpdateStep;
  readonly #programs = new Map<string, Promise<Program>>();
  readonly #residence: Residence | undefined;

  /** Throws `RangeError` where the model has nothing to train. */
  constructor(
    readonly runtime: Runtime,
    readonly model: Model,
    readonly settings: FitSettings,
    note: (line: string) => void = () => {},
  ) {
    if (![...model.parameters.values()].some((parameter) => parameter.trainable)) {
      throw new RangeError(
        `All ${model.parameters.size} parameters of "${model.name}" are frozen: nothing would be ` +
          'learned. Give it a new head (replaceHead) or unfreeze some: unfreeze(model, "head")',
      );
    }
    checkAccumulation(settings);
    this.#update = new UpdateStep(model, settings, runtime.readsShared());
    this.memory = this.#update.memory;
    this.average = settings.average && new WeightAverage(settings.average);
    this.lossScale = settings.precision === "float16" ? new LossScale() : undefined;
    if (!runtime.keepsResident) return;
    const { rules } = this.#update;
    const reason = whyNotResident(settings, rules);
    const changing = () => this.#changing();
    if (reason === undefined) {
      this.#residence = new Residence(runtime, settings, { rules, changing });
    } else {note(
        `parameters travel to the device and back in each step: ${reason} is computed on the CPU`,
      );}
  }

  /** The program for a batch like the one given. */
  program(batch: HostBatch): Promise<Program> {
    const { targets, inputs } = batch;
    if (!targets) throw new TypeError("The examples have no targets to learn from or compare with");
    const sizes = this.#sizesOf(batch);
    const key = JSON.stringify([sizes.batch, sizes.shapes, targets.type, targets.dims]);
    let program = this.#programs.get(key);
    if (!program) {
      checkInputs(this.model, inputs, { what: "fit(): " });
      program = namingSizes(
        this.model,
        inputs,
        () =>
          Program.compile(this.runtime, this.model, this.memory, {
            ...sizes,
            loss: this.settings.loss,
            targets: { type: targets.type, shape: targets.dims },
            memory: this.settings.memory,
            precision: this.settings.precision,
            deferred: this.#residence !== undefined,
          }),
      );
      this.#programs.set(key, program);
    }
    return program;
  }

  /** The frozen part of the model, made for a batch like the one given. */
  async frozenPart(batch: HostBatch): Promise<Graph | undefined> {
    return (await specialise(this.model, this.#sizesOf(batch))).frozen;
  }

  #sizesOf({ inputs, weights }: HostBatch): SpecialiseOptions {
    return {
      shapes: Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])),
      batch: weights.dims[0]!,
      batchNorm: batchNormOf(this.model, this.settings),
      dropout: true,
      allOutputs: false,
    };
  }

  /** The running statistics that training updates. */
  running(program: Program): RunningStatistics {
    this.#running ??= runningStatistics(this.model, program.specialised.running);
    return this.#running;
  }

  /** What must be the same of the optimizers for a run to go on. */
  get updateKey(): unknown[] {
    return this.#update.key(this.settings);
  }

  /**
   * Loss and gradients of a batch, and an update once `accumulate` batches are gathered. A loss or
   * gradients that are not finite change no parameter; gradients of float16 that a smaller loss scale
   * may mend are no more than skipped. `progress` is how far training is, from 0 to 1.
   */
  async step(
    program: Program,
    batch: FeatureBatch,
    learningRate: number,
    progress = 1,
  ): Promise<BatchResult> {
    if (!this.#residence) return await this.#hostStep(program, batch, learningRate, progress);
    this.running(program);
    const lossScale = this.lossScale?.scale;
    const at = { step: this.steps + 1, learningRate, progress, random: this.dropout(), lossScale };
    const result = await this.#residence.step(program, batch, at);
    if (result.taken) {
      this.steps++;
      this.lossScale?.taken();
    }
    if (result.taken || !Number.isFinite(result.loss)) return result;
    if (this.lossScale?.overflowed()) return result;
    // Nothing has moved, so the gradients at home are those that were not finite.
    await this.settle();
    const { features, targets, weights } = batch;
    await program.step(features, targets, weights, undefined, this.dropout(), {
      progress,
      lossScale,
    });
    return { ...result, broken: this.#update.firstBroken() };
  }

  /** Everything that changes, as it is at home, in place, by the names of a snapshot. */
  #changing(): Map<string, Tensor<"float32">> {
    return new Map([
      ...this.weights() as Map<string, Tensor<"float32">>,
      ...momentsIn(this.memory),
    ]);
  }

  get #parts() {
    return [this.average, this.#gathered, this.lossScale];
  }

  /** Brings what is on a device home; to be called before anything that changes is looked at. */
  async settle(): Promise<void> {
    if (!this.#residence?.isAway) return;
    const known = this.#changing();
    await this.#residence.settle((name, one) => known.get(name)!.data.set(one));
  }

  async #hostStep(
    program: Program,
    batch: FeatureBatch,
    learningRate: number,
    progress: number,
  ): Promise<BatchResult> {
    const { features, targets, weights, count } = batch;
    const { accumulate } = this.settings;
    const gathered = this.#gathered;
    const lossScale = this.lossScale?.scale;
    const pass = (running?: RunningStatistics) =>
      program.step(features, targets, weights, running, this.dropout(), { progress, lossScale });
    const result = await pass(this.running(program));
    const { loss } = result;
    if (!Number.isFinite(loss)) return result;
    if (accumulate === 1) {
      const again = async () => void await pass();
      return { ...result, ...await this.#apply(learningRate, { loss, count }, again) };
    }
    // A single mean with weights of its own is put together by those, several by their examples.
    const examples = weights.data.reduce((sum, weight) => sum + weight, 0);
    const weight = result.terms?.length === 1 ? result.terms[0]!.weight : examples;
    gathered.add({ gradients: this.memory.region(1), weight, loss, count });
    if (gathered.batches < accumulate) return result;
    return { ...result, ...await this.finishStep(learningRate) };
  }

  /** The stream that the dropout masks of the next batch are drawn from. */
  dropout(): Rng {
    const { batches } = this.#gathered;
    return rng(this.settings.seed, "dropout", this.steps, ...batches > 0 ? [batches] : []);
  }

  /** An update by the gradients gathered so far, where there are any. */
  async finishStep(learningRate: number): Promise<Applied> {
    if (this.#gathered.batches === 0) return {};
    const taken = this.#gathered.takeMean(this.memory.region(1));
    return await this.#apply(learningRate, taken, () => Promise.resolve());
  }

  async #apply(
    learningRate: number,
    taken: StepTaken,
    again: () => Promise<void>,
  ): Promise<Applied> {
    const updated = await this.#update.take(this.steps + 1, learningRate, again);
    if (updated.broken !== undefined) return this.lossScale?.overflowed() ? {} : updated;
    this.lossScale?.taken();
    this.steps++;
    this.average?.afterStep(this.weights());
    return { ...updated, taken };
  }

  /** A batch's statistics enter the running ones, as a mean over it and those `seen` before. */
  async observe(program: Program, batch: FeatureBatch, seen: number): Promise<void> {
    const { features, targets, weights } = batch;
    const random = rng(this.settings.seed, "statistics", this.steps, seen);
    const running = this.running(program);
    await program.step(features, targets, weights, running, random, { kept: seen / (seen + 1) });
  }

  /** What is trained and the running statistics, in place; the names are those of a snapshot. */
  weights(): Weights {
    const trained = this.memory.names.map((name) => [name, this.memory.view(name, 0)] as const);
    return new Map([...trained, ...this.statistics()]);
  }

  /** The running statistics, in place, by the names of a snapshot. */
  statistics(): Weights {
    return new Map([...this.#running ?? []].map(([name, one]) => [runningName(name), one]));
  }

  /** Does `work` with the averaged weights in the place of the live ones, where there are any. */
  async withAverage<T>(work: () => Promise<T>): Promise<T> {
    return await (this.average?.instead(this.weights(), work) ?? work());
  }

  /**
   * Everything that changes, by name: `running/`, `state/` before what is not a parameter; or only what
   * a model is made of. In the arrays of `into`, where they are like that.
   */
  snapshot({ into, weightsOnly = false }: SnapshotOptions = {}): Map<string, Tensor> {
    const live = weightsOnly ? this.weights() : this.#changing();
    const tensors = new Map<string, Tensor>(copies(live, into));
    for (const part of weightsOnly ? [this.average] : this.#parts) {
      for (const [name, one] of part?.state() ?? []) tensors.set(name, one);
    }
    return tensors;
  }

  /** Goes back to a snapshot. */
  restore(tensors: ReadonlyMap<string, Tensor>, steps: number): void {
    this.#residence?.forget();
    this.memory.load(tensors);
    this.steps = steps;
    for (const part of this.#parts) part?.restore(tensors);
    const running = [...tensors].filter(([name]) => name.startsWith("running/"))
      .map(([name, one]) => [name.slice("running/".length), one as Tensor<"float32">] as const);
    if (running.length > 0) this.#running = copies(new Map(running));
    for (const [key, { data }] of momentsIn(this.memory)) {
      const kept = tensors.get(key);
      if (kept) data.set(kept.data as Float32Array);
    }
  }

  /** Parameters and running statistics of a snapshot, by their names in the model; averaged where it has averages. */
  static weightsOf(snapshot: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
    const weights = [...averaged(snapshot)].filter(([name]) => !/^(state|extra)\//.test(name));
    return new Map(weights.map(([name, value]) => [name.replace(/^running\//, ""), value]));
  }

  /** The model with the weights of a snapshot. */
  static modelOf(model: Model, snapshot: ReadonlyMap<string, Tensor>): Model {
    return withWeights(model, Trainer.weightsOf(snapshot));
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    this.#update.release();
    await this.#residence?.release();
    for (const program of this.#programs.values()) {
      await program.then((ready) => ready.release(), () => {});
    }
  }
}
