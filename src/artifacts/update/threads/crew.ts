import { type FunctionBuilder, instantiate, wasmModule } from "../wasm/module.ts";
import { MOST_SHARES } from "./shares.ts";
import { DONE, FAILED, takeShares, type Tickets } from "./tickets.ts";

/** More threads would wait for memory. */
const MOST_WORKERS = 3;
const WORKER = new URL("./worker.ts", import.meta.url);

/** A function over shares of its arrays, each given by the function's parameters: what it returns. */
export type SharedPass = (shares: readonly (readonly number[])[]) => number[];

/** Whoever computes passes over a memory. */
export interface Hands {
  /** Compiles a module; its functions by name. */
  instantiate(functions: readonly FunctionBuilder[]): Readonly<Record<string, SharedPass>>;
}

/** What a worker is told. */
export type Message =
  | {
    readonly kind: "start";
    readonly memory: WebAssembly.Memory;
    readonly control: Int32Array;
    readonly results: Float64Array;
  }
  | { readonly kind: "module"; readonly module: WebAssembly.Module }
  | {
    readonly kind: "work";
    readonly module: number;
    readonly name: string;
    readonly first: number;
    readonly shares: readonly (readonly number[])[];
  };

/** This thread by itself. */
export function alone(memory: WebAssembly.Memory): Hands {
  return {
    instantiate(functions) {
      const passes = Object.entries(instantiate(functions, memory));
      return Object.fromEntries(
        passes.map(([name, pass]) => [name, (shares) => shares.map((share) => pass(...share))]),
      );
    },
  };
}

/**
 * This thread and workers beside it, on a memory that they share. Work is done by whoever comes first:
 * where workers are late, or cannot be started at all, this thread does it alone. They start with the
 * first work, so that who never has any needs no end.
 */
export class Crew implements Hands {
  readonly #memory: WebAssembly.Memory;
  readonly #control = new Int32Array(new SharedArrayBuffer(16));
  readonly #results = new Float64Array(new SharedArrayBuffer(8 * MOST_SHARES));
  readonly #workers = new Set<Worker>();
  readonly #modules: WebAssembly.Module[] = [];
  #isStarted = false;
  #tickets = 0;

  /** Takes the memory that all work in. */
  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  instantiate(functions: readonly FunctionBuilder[]): Readonly<Record<string, SharedPass>> {
    const module = new WebAssembly.Module(wasmModule(functions, true));
    const own = new WebAssembly.Instance(module, { host: { memory: this.#memory } }).exports;
    const number = this.#modules.push(module) - 1;
    this.#tell({ kind: "module", module });
    const passes = own as Record<string, (...values: number[]) => number>;
    return Object.fromEntries(
      Object.entries(passes).map(([name, pass]) => [
        name,
        (shares) => this.#work(pass, { module: number, name, shares }),
      ]),
    );
  }

  /** Ends the workers; what comes after is done by this thread. */
  release(): void {
    this.#isStarted = true;
    this.#workers.forEach((worker) => worker.terminate());
    this.#workers.clear();
  }

  #work(
    pass: (...values: number[]) => number,
    { module, name, shares }: Pick<
      Extract<Message, { kind: "work" }>,
      "module" | "name" | "shares"
    >,
  ): number[] {
    if (shares.length === 1) return [pass(...shares[0]!)];
    this.#checkFailed(name);
    if (!this.#isStarted) this.#start();
    const tickets: Tickets = { first: this.#tickets, count: shares.length };
    this.#tickets = this.#tickets + shares.length | 0;
    this.#tell({ kind: "work", module, name, first: tickets.first, shares });
    const [control, results] = [this.#control, this.#results];
    takeShares(control, tickets, (share) => results[share] = pass(...shares[share]!));
    for (;;) {
      const done = Atomics.load(control, DONE);
      if (done === this.#tickets) break;
      Atomics.wait(control, DONE, done);
    }
    this.#checkFailed(name);
    return [...results.slice(0, shares.length)];
  }

  /** What a thread has left undone would be waited for without end. */
  #checkFailed(name: string): void {
    if (Atomics.load(this.#control, FAILED)) throw new Error(`${name} failed in a thread`);
  }

  #start(): void {
    this.#isStarted = true;
    const count = mayStart() ? Math.min(MOST_WORKERS, navigator.hardwareConcurrency - 1) : 0;
    for (let started = 0; started < count; started++) {
      const worker = new Worker(WORKER, { type: "module" });
      worker.onerror = (event) => {
        event.preventDefault();
        this.#workers.delete(worker);
      };
      this.#workers.add(worker);
    }
    const [memory, control, results] = [this.#memory, this.#control, this.#results];
    this.#tell({ kind: "start", memory, control, results });
    for (const module of this.#modules) this.#tell({ kind: "module", module });
  }

  #tell(message: Message): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }
}

/** Whether the workers' code may be read; a program without that right is not worth a complaint. */
function mayStart(): boolean {
  const { state } = Deno.permissions.querySync(
    WORKER.protocol === "file:"
      ? { name: "read", path: WORKER }
      : { name: "import", host: WORKER.host },
  );
  return state === "granted";
}
