import type { Given, Resident } from "../runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { freeValue } from "./engine.ts";
import { type Handle, held } from "./handle.ts";
import { copied, type NativeResident, nativeResident, Values } from "./values.ts";

/** What a session reads and where it writes: ONNX Runtime's I/O binding. */
export class Binding {
  readonly #binding: Deno.PointerValue;
  #outputCount = 0;

  constructor(readonly handle: Handle) {
    this.#binding = handle.engine.api.made("CreateIoBinding", handle.session);
  }

  /** Reads an input from a value, which is copied now where it lies elsewhere than the session computes. */
  input(name: string, address: bigint): void {
    this.#call("BindInput", name, Deno.UnsafePointer.create(address));
  }

  /** Writes an output to a value. */
  output(name: string, address: bigint): void {
    this.#call("BindOutput", name, Deno.UnsafePointer.create(address));
    this.#outputCount++;
  }

  /** Writes an output to new memory of a kind. */
  outputTo(name: string, memory: Deno.PointerValue): void {
    this.#call("BindOutputToDevice", name, memory);
    this.#outputCount++;
  }

  /** Waits for the copies of inputs; CUDA makes them on a stream of its own. */
  settleInputs(): void {
    this.handle.engine.api.call("SynchronizeBoundInputs", this.#binding);
  }

  /** Runs the session in a thread of its own. */
  async run(): Promise<void> {
    const { engine: { api }, session } = this.handle;
    await api.later("RunWithBinding", session, null, this.#binding);
    api.call("SynchronizeBoundOutputs", this.#binding);
  }

  /** Runs the session in this thread, for CUDA keeps a captured graph by thread. */
  runHere(options: Deno.PointerValue): void {
    const { engine: { api }, session } = this.handle;
    api.call("RunWithBinding", session, options, this.#binding);
    api.call("SynchronizeBoundOutputs", this.#binding);
  }

  /** Addresses of new values with the outputs, in the order in which they were bound; ours to free. */
  values(): BigUint64Array {
    const { api, allocator } = this.handle.engine;
    if (this.#outputCount === 0) return new BigUint64Array(0);
    const array = new BigUint64Array(1);
    const count = new BigUint64Array(1);
    api.call("GetBoundOutputValues", this.#binding, allocator, array, count);
    const from = Deno.UnsafePointer.create(array[0]!);
    const addresses = new BigUint64Array(Number(count[0]!));
    new Deno.UnsafePointerView(from!).copyInto(addresses);
    api.call("AllocatorFree", allocator, from);
    return addresses;
  }

  /** Frees it; the values that it names stay as they are. */
  release(): void {
    this.handle.engine.api.release("ReleaseIoBinding", this.#binding);
  }

  #call(
    how: "BindInput" | "BindOutput" | "BindOutputToDevice",
    name: string,
    what: Deno.PointerValue,
  ): void {
    const { engine: { api }, written } = this.handle;
    api.call(how, this.#binding, written.get(name)!, what);
  }
}

/** Tensors of either kind by name. */
export type Feeds = Readonly<Record<string, Tensor | Resident>>;

/** Runs a session once: outputs stay, come home or are written where they are wanted. */
export async function runBound(
  handle: Handle,
  feeds: Feeds,
  { into, resident }: {
    readonly into: Readonly<Record<string, Resident>>;
    readonly resident: readonly string[];
  },
): Promise<Given> {
  const { engine, memory, outputs } = handle;
  const binding = new Binding(handle);
  const values = new Values(engine);
  try {
    for (const [name, one] of Object.entries(feeds)) {
      binding.input(name, "isResident" in one ? addressOf(one) : values.of(one));
    }
    binding.settleInputs();
    for (const { name } of outputs) {
      if (into[name]) binding.output(name, addressOf(into[name]));
      else binding.outputTo(name, resident.includes(name) ? memory : engine.host);
    }
    held.add(feeds);
    await binding.run();
    const addresses = binding.values();
    const given = { home: {} as Record<string, Tensor>, resident: {} as Record<string, Resident> };
    outputs.forEach(({ name }, at) => {
      const address = addresses[at]!;
      if (into[name]) {
        freeValue(engine, address);
        given.resident[name] = into[name];
      } else if (resident.includes(name)) given.resident[name] = nativeResident(engine, address);
      else given.home[name] = copied(engine, address);
    });
    return given;
  } finally {
    held.delete(feeds);
    binding.release();
    values.release();
  }
}

/** Where a tensor that stays is. Throws `Error` where it was freed. */
export function addressOf(one: Resident): bigint {
  const { address } = one as NativeResident;
  if (!address) throw new Error("A tensor on the device was used after it had been freed");
  return address;
}
