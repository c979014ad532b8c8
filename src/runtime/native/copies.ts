import { Graph } from "../../onnx/graph.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Resident } from "../runtime.ts";
import { addressOf, Binding } from "./binding.ts";
import type { Engine } from "./engine.ts";
import { type Handle, held, openHandle } from "./handle.ts";
import type { Provider } from "./provider.ts";
import { copied, Values } from "./values.ts";

/** Element type and shape. */
export type Kind = Pick<Tensor, "type" | "dims">;

/** A session that copies its input `in/0` to its output `out/0`, and so on, as they are. */
export function openCopies(
  engine: Engine,
  provider: Provider,
  kinds: readonly Kind[],
): Promise<Handle> {
  const graph = new Graph();
  graph.opsets.set("", 17);
  kinds.forEach(({ type, dims }, at) => {
    const input = graph.addInput(`in/${at}`, type, [...dims]);
    const { outputs } = graph.add("Identity", [input], { outputs: [`out/${at}`] });
    graph.outputs.push(Object.assign(outputs[0]!, { type, shape: [...dims] }));
  });
  const graphOff = provider && { ...provider, graph: false };
  return openHandle(engine, encodeGraph(graph), { optimise: false, provider: graphOff });
}

/** Copies tensors from the host to the same rooms, again and again. */
export class Upload {
  private constructor(readonly handle: Handle, readonly binding: Binding) {}

  static async open(
    engine: Engine,
    provider: Provider,
    rooms: readonly Resident[],
  ): Promise<Upload> {
    const handle = await openCopies(engine, provider, rooms);
    const binding = new Binding(handle);
    rooms.forEach((room, at) => binding.output(`out/${at}`, addressOf(room)));
    return new Upload(handle, binding);
  }

  /** Copies tensors, in the order of the rooms. */
  async run(tensors: readonly Tensor[]): Promise<void> {
    const values = new Values(this.handle.engine);
    try {
      held.add(tensors);
      tensors.forEach((one, at) => this.binding.input(`in/${at}`, values.of(one)));
      this.binding.settleInputs();
      await this.binding.run();
    } finally {
      held.delete(tensors);
      values.release();
    }
  }

  release(): void {
    this.binding.release();
    this.handle.release();
  }
}

/** Copies the same rooms to tensors of the host, again and again. */
export class Download {
  private constructor(readonly handle: Handle, readonly rooms: readonly Resident[]) {}

  static async open(
    engine: Engine,
    provider: Provider,
    rooms: readonly Resident[],
  ): Promise<Download> {
    return new Download(await openCopies(engine, provider, rooms), rooms);
  }

  /** New tensors, in the order of the rooms. */
  async run(): Promise<Tensor[]> {
    const { engine } = this.handle;
    const binding = new Binding(this.handle);
    try {
      this.rooms.forEach((room, at) => binding.input(`in/${at}`, addressOf(room)));
      this.rooms.forEach((_, at) => binding.outputTo(`out/${at}`, engine.host));
      await binding.run();
      return Array.from(binding.values(), (address) => copied(engine, address));
    } finally {
      binding.release();
    }
  }

  release(): void {
    this.handle.release();
  }
}
