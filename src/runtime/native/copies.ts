import { encodeGraph } from "../../onnx/write_model.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { copyingGraph, copyName, type Kind } from "../copying_graph.ts";
import type { Resident } from "../runtime.ts";
import { addressOf, Binding } from "./binding.ts";
import type { Engine } from "./engine.ts";
import { type Handle, held, openHandle } from "./handle.ts";
import type { Provider } from "./provider.ts";
import { copied, Values } from "./values.ts";

/** A session that copies its inputs, of the names 0, 1 and so on. */
export function openCopies(
  engine: Engine,
  provider: Provider,
  kinds: readonly Kind[],
): Promise<Handle> {
  const graph = copyingGraph(kinds.map((kind, at) => [`${at}`, kind]));
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
    rooms.forEach((room, at) => binding.output(copyName(`${at}`), addressOf(room)));
    return new Upload(handle, binding);
  }

  /** Copies tensors, in the order of the rooms. */
  async run(tensors: readonly Tensor[]): Promise<void> {
    const values = new Values(this.handle.engine);
    try {
      held.add(tensors);
      tensors.forEach((one, at) => this.binding.input(`${at}`, values.of(one)));
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
      this.rooms.forEach((room, at) => binding.input(`${at}`, addressOf(room)));
      this.rooms.forEach((_, at) => binding.outputTo(copyName(`${at}`), engine.host));
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
