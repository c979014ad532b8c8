import { attachLoss, rampFeeds } from "../artifacts/losses/attach_loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import {
  buildTrainingGraph,
  LOSS_SCALE,
  type LossSums,
  parametersToInputs,
  TARGETS,
  type TrainingGraph,
  WEIGHTS,
} from "../artifacts/training_graph.ts";
import type { Loss } from "../artifacts/loss.ts";
import { Builder } from "../autodiff/builder.ts";
import { blockChannels } from "../autodiff/lowering/blocked/block_channels.ts";
import { LACKS, writeOutFor } from "../autodiff/lowering/devices.ts";
import { recompute } from "../autodiff/recompute/recompute.ts";
import { writeOut } from "../autodiff/written/mod.ts";
import type { Model } from "../onnx/model.ts";
import { BatchMemory } from "./batch_memory.ts";
import { drawMask } from "./draw_mask.ts";
import { type DropoutMask, dropoutToMasks } from "../onnx/passes/fold_dropout.ts";
import { poolBeforeRelu } from "../onnx/passes/pool_before_relu.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import type { Runtime, Session, Tensors } from "../runtime/runtime.ts";
import { inferShapes } from "../runtime/static_graph.ts";
import type { DataType } from "../tensor/dtype.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { type LossResult, termSums } from "./loss_result.ts";
import type { ParameterMemory } from "./parameter_memory.ts";
import { halfFor, type Precision } from "./precision/precision.ts";
import { moveRunning, type RunningStatistics } from "./running_statistics.ts";
import { specialise, type Specialised, type SpecialiseOptions } from "./specialise.ts";

/** What a training program is made for. */
export interface ProgramOptions extends Omit<SpecialiseOptions, "outputs" | "teacher"> {
  /** The loss. */
  readonly loss: Loss;
  /** Type and shape of the targets of a batch. */
  readonly targets: { readonly type: DataType; readonly shape: readonly number[] };
  /** Whether values of the forward pass are computed again rather than kept. @default {"normal"} */
  readonly memory?: MemoryMode | undefined;
  /** What matrix products and convolutions of a step are computed in. @default {"float32"} */
  readonly precision?: Precision | undefined;
  /** Whether the training graph is made ready only where a step is asked for. @default {false} */
  readonly deferred?: boolean;
}

/**
 * What a training step keeps for its backward pass: `"normal"` all that it reads, `"low"` a part, the
 * rest being computed again.
 */
export type MemoryMode = "normal" | "low";

/** What one step of a training program gives, beside the gradients in the parameter memory. */
export interface StepResult extends LossResult {
  /** The model's outputs by name. */
  readonly outputs: Tensors;
}

/** How a step goes. */
export interface StepOptions {
  /** How much of the running statistics stays. @default {each layer's momentum} */
  readonly kept?: number;
  /** How far training is, from 0 to 1. @default {1} */
  readonly progress?: number;
  /** What the loss is multiplied by in float16. @default {1} */
  readonly lossScale?: number | undefined;
}

/** The loss of a batch, and the model's outputs. */
interface Evaluated extends Pick<StepResult, "terms" | "outputs"> {
  /** The mean loss, where it is not one that is known by its name. */
  readonly loss: number | undefined;
}

interface Evaluation {
  readonly session: Session;
  readonly loss: string | undefined;
  readonly sums: LossSums | undefined;
}

/**
 * A model made ready to train at one batch size: the frozen part as a program for use, the rest
 * with loss and gradients, and the rest for evaluation.
 */
export class Program {
  readonly #frozen: Session | undefined;
  #training: Promise<Session> | undefined;
  readonly #openTraining: () => Promise<Session>;
  #evaluation: Promise<Evaluation> | undefined;
  readonly #masks: readonly DropoutMask[];
  readonly #graph: TrainingGraph;
  readonly #into: Record<string, Tensor> = {};
  readonly #maskMemory = new BatchMemory();
  /** Gradients that are the same value as another parameter's. */
  readonly #twins: (readonly [of: string, like: string])[] = [];

  private constructor(
    readonly runtime: Runtime,
    readonly model: Model,
    readonly memory: ParameterMemory,
    readonly options: ProgramOptions,
    readonly specialised: Specialised,
    /** Inputs of the trained part that come from the frozen part or the data. */
    readonly featureNames: readonly string[],
    made: {
      graph: TrainingGraph;
      masks: readonly DropoutMask[];
      openTraining: () => Promise<Session>;
      frozen: Session | undefined;
    },
  ) {
    this.#graph = made.graph;
    this.#masks = made.masks;
    this.#openTraining = made.openTraining;
    this.#frozen = made.frozen;
    const owners = new Map<string, string>();
    for (const [name, gradient] of made.graph.gradients) {
      const owner = owners.get(gradient);
      if (owner === undefined) {
        owners.set(gradient, name);
        this.#into[gradient] = memory.view(name, 1);
      } else this.#twins.push([name, owner]);
    }
  }

  /** Compiles a model. Its trainable parameters are those in `memory`. */
  static async compile(
    runtime: Runtime,
    model: Model,
    memory: ParameterMemory,
    options: ProgramOptions,
  ): Promise<Program> {
    const { outputs = [], teacher } = lossOf(options.loss);
    const specialised = await specialise(model, { ...options, outputs, teacher });
    const forward = specialised.rest.clone();
    const featureNames = forward.inputs.map((value) => value.name);
    const masks = dropoutToMasks(forward, options.dropout);
    const { source } = model;
    writeOut(forward);
    poolBeforeRelu(forward);
    await inferShapes(forward, source);
    const graph = buildTrainingGraph(forward, {
      parameters: memory.names,
      loss: options.loss,
      targets: options.targets,
      batch: options.batch,
      batchNorms: specialised.batchNorms,
      model,
      ramps: true,
      lacks: LACKS[runtime.device],
      half: await halfFor(runtime, options.precision),
    });
    writeOutFor(runtime.device, graph.graph);
    const g = new Builder(graph.graph);
    blockChannels(g, await runtime.channelBlock());
    const results = [graph.loss, ...graph.outputs];
    const declared = options.memory === "low"
      ? recompute(g, { results, parameters: memory.names })
      : [];
    const openTraining = () =>
      runtime.session(encodeGraph(graph.graph, { source, declared, gradientsFirst: true }));
    const frozen = specialised.frozen &&
      await runtime.session(encodeGraph(specialised.frozen, { source }));
    const program = new Program(runtime, model, memory, options, specialised, featureNames, {
      graph,
      masks,
      openTraining,
      frozen,
    });
    if (!options.deferred) await program.#session();
    return program;
  }

  /** Whether a part before the trained one is frozen. */
  get hasFrozenPart(): boolean {
    return this.#frozen !== undefined;
  }

  /** Parameters that reach the loss. */
  get reached(): ReadonlySet<string> {
    return new Set(this.#graph.gradients.keys());
  }

  /** The graph of a step, for whoever adds to it. */
  trainingGraph(): TrainingGraph {
    return { ...this.#graph, graph: this.#graph.graph.clone() };
  }

  /** Masks for the dropout layers, until they are drawn again. */
  drawMasks(random: Rng): Record<string, Tensor> {
    return Object.fromEntries(
      this.#masks.map((mask) => [mask.input.name, drawMask(mask, random, this.#maskMemory)]),
    );
  }

  /** What the trained part reads, computed from what the model is fed. */
  async features(inputs: Tensors): Promise<Tensors> {
    const made = await this.#frozen?.run(only(inputs, this.#frozen.inputs)) ?? {};
    return only({ ...inputs, ...made }, this.featureNames);
  }

  /**
   * One forward and backward pass; gradients are written into the parameter memory. Running statistics
   * that are not given do not move.
   */
  async step(
    features: Tensors,
    targets: Tensor,
    weights: Tensor<"float32">,
    running: RunningStatistics | undefined,
    random: Rng,
    { kept, progress = 1, lossScale = 1 }: StepOptions = {},
  ): Promise<StepResult> {
    const feeds: Record<string, Tensor> = {
      ...features,
      ...rampFeeds(this.options.loss, progress),
      [LOSS_SCALE]: tensor("float32", [], [lossScale]),
      [TARGETS]: targets,
      [WEIGHTS]: weights,
    };
    for (const name of this.memory.names) feeds[name] = this.memory.view(name, 0);
    Object.assign(feeds, this.drawMasks(random));
    const training = await this.#session();
    const results = await training.run(only(feeds, training.inputs), this.#into);
    for (const [name, owner] of this.#twins) {
      this.memory.view(name, 1).data.set(this.memory.view(owner, 1).data);
    }
    if (running) moveRunning(running, this.#graph.statistics, results, kept);
    return {
      loss: Number(results[this.#graph.loss]!.data[0]),
      terms: termSums(results, this.#graph.sums),
      outputs: only(results, this.#graph.outputs),
    };
  }

  /**
   * The model's outputs with the parameters and running statistics as they are, dropout off; and the
   * mean loss, where it is none of those known by name, which are computed from the outputs.
   */
  async evaluate(
    features: Tensors,
    targets: Tensor,
    weights: Tensor<"float32">,
    running: RunningStatistics,
  ): Promise<Evaluated> {
    this.#evaluation ??= this.#compileEvaluation();
    const { session, loss, sums } = await this.#evaluation;
    const feeds: Record<string, Tensor> = { ...features, ...Object.fromEntries(running) };
    for (const name of this.memory.names) feeds[name] = this.memory.view(name, 0);
    Object.assign(feeds, { [TARGETS]: targets, [WEIGHTS]: weights });
    const results = await session.run(only(feeds, session.inputs));
    return {
      loss: loss === undefined ? undefined : Number(results[loss]!.data[0]),
      terms: termSums(results, sums),
      outputs: only(results, this.#graph.outputs),
    };
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    await (await this.#training)?.release();
    await this.#frozen?.release();
    await (await this.#evaluation)?.session.release();
  }

  #session(): Promise<Session> {
    return this.#training ??= this.#openTraining();
  }

  async #compileEvaluation(): Promise<Evaluation> {
    const graph = this.specialised.rest.clone();
    dropoutToMasks(graph, false);
    parametersToInputs(graph, [...this.memory.names, ...this.specialised.running]);
    const g = new Builder(graph);
    const made = typeof this.options.loss === "string"
      ? undefined
      : attachLoss(g, { ...this.options, model: this.model });
    for (const value of [made?.loss, made?.sums]) if (value) graph.outputs.push(value);
    blockChannels(g, await this.runtime.channelBlock());
    return {
      session: await this.runtime.session(encodeGraph(graph)),
      loss: made?.loss.name,
      sums: made?.sums && { name: made.sums.name, factors: made.factors },
    };
  }
}

function only(tensors: Tensors, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(
    names.flatMap((name) => tensors[name] ? [[name, tensors[name]]] : []),
  );
}
