import type { Loss } from "../artifacts/loss.ts";
import { attachLoss, TARGETS, TEACHER, WEIGHTS } from "../artifacts/losses/attach_loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import { Builder } from "../autodiff/builder.ts";
import { Graph } from "../onnx/graph.ts";
import type { Model } from "../onnx/model.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import type { Runtime, Session, Tensors } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { logitsOf } from "./evaluate_output.ts";
import { type Forward, forwardOf } from "./forward.ts";
import type { HostBatch } from "./loader.ts";
import { type LossResult, termSums } from "./loss_result.ts";
import { checkTeacher } from "./teacher.ts";

/** Computes a loss from what a model has put out. */
export class LossSession {
  readonly #sessions = new Map<string, Promise<Ready>>();
  readonly #teacher: Forward | undefined;
  readonly #teacherOutput: string = "";

  constructor(readonly runtime: Runtime, readonly model: Model, readonly loss: Loss) {
    const { teacher } = lossOf(loss);
    if (!teacher) return;
    checkTeacher(model, teacher);
    const graph = teacher.graph.clone();
    graph.outputs.splice(1);
    graph.outputs[0] = logitsOf(graph.outputs[0]!);
    graph.prune();
    this.#teacherOutput = graph.outputs[0]!.name;
    this.#teacher = forwardOf(runtime, teacher, graph);
  }

  /** The loss of a batch of which the outputs are known, the first of them that of the loss. */
  async run(batch: HostBatch, outputs: Tensors): Promise<LossResult> {
    const { targets, weights } = batch;
    if (!targets) throw new TypeError("The examples have no targets to compare the outputs with");
    const feeds: Record<string, Tensor> = { ...outputs };
    if (this.#teacher) feeds[TEACHER] = (await this.#teacher.run(batch))[this.#teacherOutput]!;
    const key = JSON.stringify(
      [...Object.values(feeds), targets].map(({ type, dims }) => [type, dims]),
    );
    const ready = this.#sessions.get(key) ?? this.#compile(feeds, targets);
    this.#sessions.set(key, ready);
    const { session, loss, sums } = await ready;
    const given: Record<string, Tensor> = { ...feeds, [TARGETS]: targets, [WEIGHTS]: weights };
    const results = await session.run(
      Object.fromEntries(session.inputs.map((name) => [name, given[name]!])),
    );
    return { loss: Number(results[loss]!.data[0]), terms: termSums(results, sums) };
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    for (const ready of this.#sessions.values()) {
      await ready.then(({ session }) => session.release(), () => {});
    }
    await this.#teacher?.release();
  }

  async #compile(feeds: Tensors, targets: Tensor): Promise<Ready> {
    const graph = new Graph();
    graph.opsets.set("", OPSET);
    for (const [name, { type, dims }] of Object.entries(feeds)) {
      graph.outputs.push(graph.addInput(name, type, dims));
    }
    const { loss, sums, factors } = attachLoss(new Builder(graph), {
      loss: this.loss,
      targets: { type: targets.type, shape: targets.dims },
      batch: targets.dims[0]!,
      model: this.model,
    });
    graph.outputs.splice(0, Infinity, loss, ...sums ? [sums] : []);
    graph.prune();
    return {
      session: await this.runtime.session(encodeGraph(graph)),
      loss: loss.name,
      sums: sums && { name: sums.name, factors },
    };
  }
}

/** The operator set of the builder's forms. */
const OPSET = 18;

interface Ready {
  readonly session: Session;
  readonly loss: string;
  readonly sums: { readonly name: string; readonly factors: readonly number[] } | undefined;
}
