import type { Tensor } from "../tensor/tensor.ts";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What an engine reports about one output of a graph. */
export interface OutputReport {
  /** Name. */
  readonly name: string;
  /** Element type, where the engine knows it as a tensor. */
  readonly type: Tensor["type"] | undefined;
  /** Shape; an unknown size is a string. */
  readonly shape: readonly (number | string)[];
}

/** A graph made ready to run. */
export interface Session {
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  /** Its outputs, as far as the engine inferred their shapes. */
  readonly outputs: readonly OutputReport[];
  /**
   * Runs the graph. Inputs are read where they lie; an output named in `into` is written where
   * that tensor lies, the others of `outputs` (default: all) into new memory.
   */
  run(feeds: Tensors, into?: Tensors, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees the engine's memory. */
  release(): Promise<void>;
}

/** How a session is made. */
export interface SessionOptions {
  /** Whether the engine may rewrite the graph to make it faster. @default {true} */
  readonly optimise?: boolean;
}

/** An engine that runs graphs on one device. */
export interface Runtime {
  /** The device. */
  readonly device: "cpu" | "cuda" | "webgpu";
  /** How many channels its fast convolutions keep together in memory; 1 where it has none. */
  channelBlock(): Promise<number>;
  /** Makes a serialised model ready to run. */
  session(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
