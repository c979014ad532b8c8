import type { Checkpoint, PropertyValue } from "../../artifacts/checkpoint/checkpoint.ts";
import { writeCheckpoint } from "../../artifacts/checkpoint/checkpoint_file.ts";
import { readOptimizerModel } from "../../artifacts/read/optimizer_model.ts";
import { readTrainingModel } from "../../artifacts/read/training_model.ts";
import type { Value } from "../../onnx/graph.ts";
import { cpu } from "../../runtime/onnxruntime.ts";
import type { Tensors } from "../../runtime/runtime.ts";
import { show } from "../../tensor/options.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { RATE_PROPERTY, type TrainingFiles } from "./artifacts.ts";
import { Evaluation } from "./evaluation.ts";
import type { ArtifactTrainer, CheckpointOptions } from "./artifact_trainer.ts";
import { type LinearSchedule, linearSchedule } from "./linear_schedule.ts";
import { momentsOf, type OptimizerStep, optimizerStep } from "./optimizer_step.ts";
import { StepProgram } from "./step_program.ts";
import { type StateParameter, TrainingState } from "./training_state.ts";

/** The learning rate of the official runtimes until it is set. */
export const LEARNING_RATE = 1e-3;

/**
 * Makes artifacts ready to be trained step by step on the stock ONNX Runtime (CPU), as the official
 * runtime trains them. The optimizer's state in the checkpoint is taken up.
 *
 * Throws `SyntaxError` where a model is damaged or does not fit the checkpoint, `TypeError` for
 * operators and optimizers that Graft does not know.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { buildArtifacts, loadBackbone, openTrainer } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const trainer = await openTrainer(await buildArtifacts(model));
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568).fill(1) } as const;
 * const labels = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 3n) } as const;
 * const losses: number[] = [];
 * for (let step = 0; step < 5; step++) {
 *   const { loss } = await trainer.trainStep({ x, labels });
 *   losses.push(Number(loss!.data[0]));
 *   trainer.optimizerStep();
 *   trainer.lazyResetGrad();
 * }
 * assert(losses[4]! < losses[0]!);
 * await trainer.release();
 * ```
 */
export async function openTrainer(files: TrainingFiles): Promise<ArtifactTrainer> {
  const { checkpoint } = files;
  const names = new Set([...checkpoint.trainable.keys(), ...checkpoint.frozen.keys()]);
  const training = await readTrainingModel(files.training, names);
  const optimizer = files.optimizer && await readOptimizerModel(files.optimizer);
  const parameters = training.parameters.map((name) => ({
    name,
    shape: fixedShape(training.graph.value(name)),
    trainable: training.gradients.has(name),
  }));
  const state = new TrainingState(parameters, optimizer ? momentsOf(optimizer) : [], checkpoint);
  return new Trainer(
    checkpoint,
    state,
    new StepProgram(cpu, training),
    optimizer && optimizerStep(optimizer, state.memory),
    files.evaluation && await Evaluation.read(files.evaluation, names),
  );
}

class Trainer implements ArtifactTrainer {
  readonly properties: Map<string, PropertyValue>;
  #learningRate = LEARNING_RATE;
  #schedule: ((step: number) => number) | undefined;
  /** Whether the next gradients replace the old ones. */
  #isReset = true;
  /** Whether values are still to come: those of a nominal checkpoint. */
  #isEmpty: boolean;

  constructor(
    readonly base: Checkpoint,
    readonly state: TrainingState,
    readonly program: StepProgram,
    readonly update: OptimizerStep | undefined,
    readonly evaluation: Evaluation | undefined,
  ) {
    this.properties = new Map(base.properties);
    const rate = base.properties.get(RATE_PROPERTY);
    if (typeof rate === "number" && rate > 0) this.#learningRate = rate;
    this.#isEmpty = base.nominal;
  }

  get trainingInputs(): readonly string[] {
    return this.program.training.inputs;
  }

  get trainingOutputs(): readonly string[] {
    return this.program.outputs;
  }

  get evalInputs(): readonly string[] {
    return this.#evaluation().fed;
  }

  get evalOutputs(): readonly string[] {
    return this.#evaluation().outputs;
  }

  get parameters(): readonly StateParameter[] {
    return this.state.parameters;
  }

  get steps(): number {
    return this.state.steps;
  }

  get learningRate(): number {
    return this.#learningRate;
  }

  set learningRate(rate: number) {
    if (!(rate >= 0 && rate < Infinity)) {
      throw new RangeError(`learningRate must be a number from 0 on, found ${show(rate)}`);
    }
    this.#learningRate = rate;
  }

  async trainStep(feeds: Tensors): Promise<Record<string, Tensor>> {
    this.#refuseEmpty("trainStep");
    const { memory } = this.state;
    const places = Object.fromEntries(memory.names.map((name) => [name, memory.view(name, 1)]));
    const into = this.#isReset ? places : {};
    const step = await this.program.run(feeds, this.state.all(), into);
    if (!this.#isReset) {
      for (const [name, { data }] of step.gradients) {
        const sum = memory.view(name, 1).data;
        for (let i = 0; i < sum.length; i++) sum[i]! += Number(data[i]);
      }
    }
    for (const [name, value] of step.running) {
      this.state.setParameter(name, { ...value, dims: this.state.parameter(name).dims });
    }
    this.#isReset = false;
    return step.outputs;
  }

  evalStep(feeds: Tensors): Promise<Record<string, Tensor>> {
    this.#refuseEmpty("evalStep");
    return this.#evaluation().run(feeds, this.state.all());
  }

  optimizerStep(): void {
    this.#refuseEmpty("optimizerStep");
    if (!this.update) {
      throw new Error(
        "optimizerStep(): the artifacts have no optimizer model (optimizer_model.onnx)",
      );
    }
    this.update(++this.state.steps, this.#learningRate);
  }

  lazyResetGrad(): void {
    this.#isReset = true;
  }

  linearSchedule(schedule: LinearSchedule): void {
    const initial = schedule.initialLearningRate ?? this.#learningRate;
    this.#schedule = linearSchedule(schedule, initial);
    this.state.initialLearningRate = initial;
    this.schedulerStep();
  }

  schedulerStep(): void {
    if (!this.#schedule) {
      throw new Error("schedulerStep(): there is no schedule; call linearSchedule() first");
    }
    this.#learningRate = this.#schedule(this.state.steps);
  }

  parametersSize(trainableOnly = true): number {
    return this.#chosen(trainableOnly).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  copyParameters(trainableOnly = true): Float32Array<ArrayBuffer> {
    this.#refuseEmpty("copyParameters");
    const buffer = new Float32Array(this.parametersSize(trainableOnly));
    let at = 0;
    for (const { name } of this.#chosen(trainableOnly)) {
      const { data } = this.state.parameter(name);
      buffer.set(data as Float32Array, at);
      at += data.length;
    }
    return buffer;
  }

  loadParameters(buffer: Float32Array, trainableOnly = true): void {
    const size = this.parametersSize(trainableOnly);
    if (buffer.length !== size) {
      throw new RangeError(
        `loadParameters(): the buffer must have ${size} elements, found ${buffer.length}`,
      );
    }
    let at = 0;
    for (const { name } of this.#chosen(trainableOnly)) {
      const { data } = this.state.parameter(name);
      (data as Float32Array).set(buffer.subarray(at, at += data.length));
    }
    if (!trainableOnly) this.#isEmpty = false;
  }

  parameter(name: string): Tensor {
    const value = this.state.parameter(name);
    return { ...value, data: value.data.slice() } as Tensor;
  }

  gradient(name: string): Tensor {
    if (!this.program.training.gradients.has(name)) {
      throw new RangeError(`gradient(): "${name}" is no trainable parameter`);
    }
    const value = this.state.memory.view(name, 1);
    return { ...value, data: value.data.slice() };
  }

  setParameter(name: string, value: Tensor): void {
    this.state.setParameter(name, value);
  }

  checkpoint({ includeOptimizerState = false }: CheckpointOptions = {}): Checkpoint {
    this.#refuseEmpty("checkpoint");
    const base = { ...this.base, properties: new Map(this.properties) };
    return this.state.checkpoint(base, includeOptimizerState);
  }

  async saveCheckpoint(path: string | URL, options?: CheckpointOptions): Promise<void> {
    const { version = 2 } = this.base;
    await writeCheckpoint(path, this.checkpoint(options), { version });
  }

  async release(): Promise<void> {
    await this.program.release();
    await this.evaluation?.release();
  }

  #chosen(trainableOnly: boolean): readonly StateParameter[] {
    const chosen = this.parameters.filter(({ trainable }) => trainable || !trainableOnly);
    const other = chosen.find(({ name }) => this.state.parameter(name).type !== "float32");
    if (!other) return chosen;
    const { type } = this.state.parameter(other.name);
    throw new TypeError(
      `The parameters cannot be one buffer of float32: "${other.name}" is ${type}`,
    );
  }

  #evaluation(): Evaluation {
    if (this.evaluation) return this.evaluation;
    throw new Error("The artifacts have no evaluation model (eval_model.onnx)");
  }

  #refuseEmpty(what: string): void {
    if (!this.#isEmpty) return;
    throw new Error(
      `${what}(): the checkpoint is nominal and has no values; ` +
        "give them first: loadParameters(buffer, false)",
    );
  }
}

function fixedShape({ name, shape }: Value): number[] {
  const sizes = shape?.filter((dim) => typeof dim === "number");
  if (sizes && sizes.length === shape!.length) return sizes;
  throw new SyntaxError(`The training model does not say the shape of its parameter "${name}"`);
}
