import { momentName, runningName } from "./checkpoint.ts";
import { compileUpdate, type FlatUpdate } from "../artifacts/update/compile_update.ts";
import type { Model } from "../onnx/model.ts";
import { withWeights } from "../onnx/model_from_graph.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { checkInputs } from "./check_inputs.ts";
import type { FeatureBatch } from "./features/feature_table.ts";
import type { FitSettings } from "./fit_options.ts";
import type { HostBatch } from "./loader.ts";
import { ParameterMemory } from "./parameter_memory.ts";
import { Program, type RunningStatistics, runningStatistics, type StepResult } from "./program.ts";

/** The state of a training run: parameters, optimizer state, running statistics, and its programs. */
export class Trainer {
  readonly memory: ParameterMemory;
  /** Steps taken. */
  steps = 0;
  #running: RunningStatistics | undefined;
  readonly #update: FlatUpdate;
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
    this.memory = new ParameterMemory(model, settings.optimizer.state.length);
    this.#update = compileUpdate(settings.optimizer, this.memory.memory);
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
        batchNorm: this.settings.batchNorm,
        dropout: true,
        allOutputs: false,
        loss: this.settings.loss,
        targets: { type: targets.type, shape: targets.dims },
        memory: this.settings.memory,
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

  /** One step: loss, gradients, update. A loss that is not finite changes no parameter. */
  async step(program: Program, batch: FeatureBatch, learningRate: number): Promise<StepResult> {
    const { features, targets, weights } = batch;
    const random = rng(this.settings.seed, "dropout", this.steps);
    const result = await program.step(features, targets, weights, this.running(program), random);
    if (!Number.isFinite(result.loss)) return result;
    this.steps++;
    const { count } = this.memory;
    const state = this.settings.optimizer.state.map((_, index) => this.memory.offset(2 + index));
    const at = { count, parameters: 0, gradients: this.memory.offset(1), state };
    this.#update.run(at, this.steps, learningRate);
    return result;
  }

  /** Everything that changes, by name: `running/`, `state/` before what is not a parameter. */
  snapshot(): Map<string, Tensor> {
    const tensors = this.memory.copy();
    for (const [name, { dims, data }] of this.#running ?? []) {
      tensors.set(runningName(name), tensor("float32", dims, data.slice()));
    }
    this.settings.optimizer.state.forEach((_, index) => {
      for (const name of this.memory.names) {
        const { dims, data } = this.memory.view(name, 2 + index);
        tensors.set(momentName(index, name), tensor("float32", dims, data.slice()));
      }
    });
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
    this.settings.optimizer.state.forEach((_, index) => {
      for (const name of this.memory.names) {
        const kept = tensors.get(momentName(index, name));
        if (kept) this.memory.view(name, 2 + index).data.set(kept.data as Float32Array);
      }
    });
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
