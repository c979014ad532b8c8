import { momentName, runningName } from "./checkpoint.ts";
import type { Model } from "../onnx/model.ts";
import { withWeights } from "../onnx/model_from_graph.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { checkInputs } from "./check_inputs.ts";
import type { FeatureBatch } from "./features/feature_table.ts";
import type { FitSettings } from "./fit_options.ts";
import type { HostBatch } from "./loader.ts";
import { batchNormOf } from "./groups/resolve_groups.ts";
import type { ParameterMemory } from "./parameter_memory.ts";
import { Program, type RunningStatistics, runningStatistics, type StepResult } from "./program.ts";
import { type UpdateOutcome, UpdateStep } from "./update_step.ts";

/** The state of a training run: parameters, optimizer state, running statistics, and its programs. */
export class Trainer {
  readonly memory: ParameterMemory;
  /** Steps taken. */
  steps = 0;
  #running: RunningStatistics | undefined;
  readonly #update: UpdateStep;
  readonly #programs = new Map<string, Promise<Program>>();

  /** Throws `RangeError` where the model has nothing to train. */
  constructor(
    readonly runtime: Runtime,
    readonly model: Model,
    readonly settings: FitSettings,
  ) {
    if (![...model.parameters.values()].some((parameter) => parameter.trainable)) {
      throw new RangeError(
        `All ${model.parameters.size} parameters of "${model.name}" are frozen: nothing would be ` +
          'learned. Give it a new head (replaceHead) or unfreeze some: unfreeze(model, "head")',
      );
    }
    this.#update = new UpdateStep(model, settings);
    this.memory = this.#update.memory;
  }

  /** The program for a batch like the one given. */
  program(batch: HostBatch): Promise<Program> {
    const { targets, inputs, weights } = batch;
    if (!targets) throw new TypeError("The examples have no targets to learn from or compare with");
    const size = weights.dims[0]!;
    const shapes = Object.fromEntries(
      Object.entries(inputs).map(([name, { dims }]) => [name, dims]),
    );
    const key = JSON.stringify([size, shapes, targets.type, targets.dims]);
    let program = this.#programs.get(key);
    if (!program) {
      checkInputs(this.model, inputs, { what: "fit(): " });
      program = Program.compile(this.runtime, this.model, this.memory, {
        shapes,
        batch: size,
        batchNorm: batchNormOf(this.model, this.settings),
        dropout: true,
        allOutputs: false,
        loss: this.settings.loss,
        targets: { type: targets.type, shape: targets.dims },
      });
      this.#programs.set(key, program);
    }
    return program;
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
   * One step: loss, gradients, update. A loss or gradients that are not finite change no parameter; the
   * first parameter with such a gradient is named.
   */
  async step(
    program: Program,
    batch: FeatureBatch,
    learningRate: number,
  ): Promise<StepResult & Partial<UpdateOutcome>> {
    const { features, targets, weights } = batch;
    const pass = (running?: RunningStatistics) => {
      const random = rng(this.settings.seed, "dropout", this.steps);
      return program.step(features, targets, weights, running, random);
    };
    const result = await pass(this.running(program));
    if (!Number.isFinite(result.loss)) return result;
    const again = async () => void await pass();
    const updated = await this.#update.take(this.steps + 1, learningRate, again);
    if (updated.broken === undefined) this.steps++;
    return { ...result, ...updated };
  }

  /** Everything that changes, by name: `running/`, `state/` before what is not a parameter. */
  snapshot(): Map<string, Tensor> {
    const tensors = this.memory.copy();
    for (const [name, { dims, data }] of this.#running ?? []) {
      tensors.set(runningName(name), tensor("float32", dims, data.slice()));
    }
    for (const [key, { dims, data }] of this.#moments()) {
      tensors.set(key, tensor("float32", dims, data.slice()));
    }
    return tensors;
  }

  /** Goes back to a snapshot. */
  restore(tensors: ReadonlyMap<string, Tensor>, steps: number): void {
    this.memory.load(tensors);
    this.steps = steps;
    const running = [...tensors].filter(([name]) => name.startsWith("running/"));
    if (running.length > 0) {
      this.#running = new Map(running.map(([name, value]) => {
        const data = (value.data as Float32Array<ArrayBuffer>).slice();
        return [name.slice("running/".length), tensor("float32", value.dims, data)];
      }));
    }
    for (const [key, { data }] of this.#moments()) {
      const kept = tensors.get(key);
      if (kept) data.set(kept.data as Float32Array);
    }
  }

  /** The optimizers' state in place, by the names that snapshots have. */
  #moments(): [name: string, state: Tensor<"float32">][] {
    const { memory } = this;
    return memory.names.flatMap((name) =>
      Array.from({ length: memory.states(name) }, (_, index): [string, Tensor<"float32">] => [
        momentName(index, name),
        memory.view(name, 2 + index),
      ])
    );
  }

  /** The model with the weights of a snapshot. */
  static modelOf(model: Model, snapshot: ReadonlyMap<string, Tensor>): Model {
    const weights = [...snapshot].filter(([name]) => !name.startsWith("state/"));
    return withWeights(
      model,
      new Map(weights.map(([name, value]) => [name.replace(/^running\//, ""), value])),
    );
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    for (const program of this.#programs.values()) {
      await program.then((ready) => ready.release(), () => {});
    }
  }
}
