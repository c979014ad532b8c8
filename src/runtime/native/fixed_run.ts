import type { Tensor } from "../../tensor/tensor.ts";
import type { Given, Resident, Rooms } from "../runtime.ts";
import { addressOf, Binding, type Feeds } from "./binding.ts";
import { Download, Upload } from "./copies.ts";
import { cString } from "./engine.ts";
import type { Handle } from "./handle.ts";
import type { Provider } from "./provider.ts";
import { openRooms } from "./rooms.ts";

/** Sets of addresses for which a graph is captured; runs with others are not. */
const MOST_CAPTURED = 8;

/** Of a run whose graph is neither captured nor played back. */
const NOT_CAPTURED = -1;

/** What is bound for one set of addresses. */
interface Turn {
  readonly binding: Binding;
  readonly options: Deno.PointerValue;
}

/**
 * Runs of a session in which every address is one that was used before, as a captured CUDA graph asks
 * for: what comes from the host is first copied to fixed memory of the device, and what goes there is
 * copied from such. Parameters and state lie in rooms of the caller, each of whose sets of addresses
 * (one for even and one for odd steps) has a binding and a graph of its own.
 */
export class FixedRun {
  readonly #turns = new Map<string, Turn>();

  private constructor(
    readonly handle: Handle,
    readonly rooms: Rooms,
    /** Inputs that come from the host, by name. */
    readonly staged: ReadonlyMap<string, Resident>,
    /** Outputs that go there. */
    readonly leaving: ReadonlyMap<string, Resident>,
    readonly upload: Upload | undefined,
    readonly download: Download | undefined,
  ) {}

  /** Sets memory aside for what a first run is fed and gives. */
  static async open(
    handle: Handle,
    provider: Provider,
    { feeds, into }: { readonly feeds: Feeds; readonly into: Readonly<Record<string, Resident>> },
  ): Promise<FixedRun> {
    const { engine, outputs } = handle;
    const rooms = await openRooms(engine, provider);
    const staged = new Map(
      fromHost(feeds).map(([name, { type, dims }]) => [name, rooms.make(type, dims)]),
    );
    const leaving = new Map(
      outputs.filter(({ name }) => !into[name]).map(({ name, type, shape }) => [
        name,
        rooms.make(type!, shape as number[]),
      ]),
    );
    const upload = staged.size > 0
      ? await Upload.open(engine, provider, [...staged.values()])
      : undefined;
    const download = leaving.size > 0
      ? await Download.open(engine, provider, [...leaving.values()])
      : undefined;
    return new FixedRun(handle, rooms, staged, leaving, upload, download);
  }

  /** Runs the session. Throws `RangeError` where a tensor from the host has another shape than at first. */
  async run(feeds: Feeds, into: Readonly<Record<string, Resident>>): Promise<Given> {
    const tensors = new Map(fromHost(feeds));
    for (const [name, { dims }] of this.staged) {
      const found = tensors.get(name)?.dims;
      if (`${found}` === `${dims}`) continue;
      throw new RangeError(
        `The input "${name}" must come from the host as [${dims.join(", ")}] in every run, ` +
          `found ${found ? `[${found.join(", ")}]` : "a tensor on the device"}`,
      );
    }
    const turn = this.#turn(feeds, into);
    await this.upload?.run([...this.staged.keys()].map((name) => tensors.get(name)!));
    turn.binding.runHere(turn.options);
    const home = await this.download?.run() ?? [];
    const names = [...this.leaving.keys()];
    return {
      home: Object.fromEntries(names.map((name, at) => [name, home[at]!])),
      resident: into,
    };
  }

  /** Frees everything but what the caller gave. */
  async release(): Promise<void> {
    for (const { binding, options } of this.#turns.values()) {
      binding.release();
      this.handle.engine.api.release("ReleaseRunOptions", options);
    }
    this.upload?.release();
    this.download?.release();
    for (const room of [...this.staged.values(), ...this.leaving.values()]) room.release();
    await this.rooms.release();
  }

  #turn(feeds: Feeds, into: Readonly<Record<string, Resident>>): Turn {
    const inputs = Object.entries(feeds).map(([name, one]) =>
      [name, addressOf(this.staged.get(name) ?? one as Resident)] as const
    );
    const outputs = this.handle.outputs.map(({ name }) =>
      [name, addressOf(into[name] ?? this.leaving.get(name)!)] as const
    );
    const key = [...inputs, ...outputs].join();
    let turn = this.#turns.get(key);
    if (!turn) {
      const count = this.#turns.size;
      const binding = new Binding(this.handle);
      for (const [name, address] of inputs) binding.input(name, address);
      for (const [name, address] of outputs) binding.output(name, address);
      turn = { binding, options: this.#options(count < MOST_CAPTURED ? count + 1 : NOT_CAPTURED) };
      this.#turns.set(key, turn);
    }
    return turn;
  }

  #options(graph: number): Deno.PointerValue {
    const { api } = this.handle.engine;
    const options = api.made("CreateRunOptions");
    api.call("AddRunConfigEntry", options, cString("gpu_graph_id"), cString(`${graph}`));
    return options;
  }
}

/** The tensors whose elements are at hand. */
function fromHost(feeds: Feeds): [string, Tensor][] {
  return Object.entries(feeds).filter((one): one is [string, Tensor] => "data" in one[1]);
}
