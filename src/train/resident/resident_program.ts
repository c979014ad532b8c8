import { TARGETS, type TrainingGraph, WEIGHTS } from "../../artifacts/training_graph.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Resident, Runtime, Session, Tensors } from "../../runtime/runtime.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { termSums } from "../loss_result.ts";
import type { StepResult } from "../program.ts";
import type { Place } from "./place.ts";
import { type StepGraph, stepGraph, type StepGraphOptions } from "./step_graph.ts";

/** What a step on the device came to. */
export interface ResidentResult extends Omit<StepResult, "outputs"> {
  /** Length (L2) of all gradients together, before any clipping. */
  readonly gradientNorm: number;
  /** The model's outputs, where right answers are not counted on the device. */
  readonly outputs: Tensors | undefined;
  /** Examples of weight above 0 that were right, where they are counted. */
  readonly right: number | undefined;
}

/** A training program whose parameters, optimizer state and running statistics stay on the device. */
export class ResidentProgram {
  private constructor(
    readonly made: StepGraph,
    readonly training: TrainingGraph,
    readonly session: Session,
  ) {}

  /** Adds the optimizers' step to a training graph and makes it ready. The graph is edited. */
  static async compile(
    runtime: Runtime,
    training: TrainingGraph,
    options: StepGraphOptions & { readonly source: object | undefined },
  ): Promise<ResidentProgram> {
    const made = stepGraph(training, options);
    const resident = [...made.turns.values()].map(({ output }) => output);
    const bytes = encodeGraph(made.graph, { source: options.source });
    const session = await runtime.session(bytes, { resident, captures: true });
    return new ResidentProgram(made, training, session);
  }

  /**
   * Takes step `step` (the first is 1) on a batch; what changes is moved on in `place`. A loss or
   * gradients that are not finite change no parameter and no state.
   */
  async step(
    place: Place,
    batch: { readonly feeds: Tensors; readonly targets: Tensor; readonly weights: Tensor },
    { step, learningRate }: { readonly step: number; readonly learningRate: number },
  ): Promise<ResidentResult> {
    const { numbers, turns, counts, report } = this.made;
    const feeds: Record<string, Tensor | Resident> = {
      ...batch.feeds,
      [TARGETS]: batch.targets,
      [WEIGHTS]: batch.weights,
      ...Object.fromEntries(place.now),
    };
    for (const { input, rule, ratio, names } of numbers) {
      const values = rule.scalars(step, learningRate * ratio);
      feeds[input] = tensor("float32", [names.length], names.map((name) => values[name]!));
    }
    const wanted = this.session.inputs.map((name) => [name, feeds[name]!]);
    const { home, resident } = await this.session.runResident(
      Object.fromEntries(wanted),
      place.into(turns),
    );
    place.turn(turns, resident);
    const [loss, gradientNorm, right] = home[report]!.data as Float32Array;
    const outputs = this.training.outputs.map((name) => [name, home[name]!] as const);
    return {
      loss: loss!,
      gradientNorm: gradientNorm!,
      right: counts ? right! : undefined,
      terms: termSums(home, this.training.sums),
      outputs: counts ? undefined : Object.fromEntries(outputs),
    };
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    await this.session.release();
  }
}
