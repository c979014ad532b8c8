import type { Value } from "../../onnx/graph.ts";
import { readGraph } from "../../onnx/read_model.ts";
import { cpu } from "../../runtime/onnxruntime.ts";
import type { Session, Tensors } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pick } from "./step_program.ts";

/** An official evaluation model, which the stock runtime runs as it is. */
export class Evaluation {
  #session: Promise<Session> | undefined;

  private constructor(
    readonly bytes: Uint8Array,
    readonly inputs: readonly Value[],
    readonly fed: readonly string[],
    readonly outputs: readonly string[],
  ) {}

  /** Reads an `eval_model.onnx`; its inputs that are no parameters are fed. */
  static async read(bytes: Uint8Array, parameters: ReadonlySet<string>): Promise<Evaluation> {
    const { graph } = await readGraph(bytes, { file: "The evaluation model" });
    const fed = graph.inputs.map(({ name }) => name).filter((name) => !parameters.has(name));
    return new Evaluation(bytes, [...graph.inputs], fed, graph.outputs.map(({ name }) => name));
  }

  /** The outputs for a batch. */
  async run(feeds: Tensors, parameters: Tensors): Promise<Record<string, Tensor>> {
    const given = pick("evalStep", this.inputs, this.fed, feeds);
    const session = await (this.#session ??= cpu.session(this.bytes));
    const fed = session.inputs.map((name) => [name, given[name] ?? parameters[name]!] as const);
    return await session.run(Object.fromEntries(fed));
  }

  /** Frees the engine's memory. */
  async release(): Promise<void> {
    await (await this.#session)?.release();
    this.#session = undefined;
  }
}
