import type { Tensor } from "../tensor/tensor.ts";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A tensor that stays where the engine computes; a session of the same runtime can be fed with it. */
export interface Resident {
  /** Marks it apart from tensors whose elements are at hand. */
  readonly isResident: true;
  /** Element type. */
  readonly type: Tensor["type"];
  /** Shape. */
  readonly dims: readonly number[];
  /** Frees it. */
  release(): void;
}

/** What a run gave: tensors at home, and those that stay on the device. */
export interface Given {
  /** Outputs whose elements are at hand. */
  readonly home: Readonly<Record<string, Tensor>>;
  /** Those that the session was told to leave where they are. */
  readonly resident: Readonly<Record<string, Resident>>;
}

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
  /**
   * Runs the graph on tensors of either kind; the outputs named in `SessionOptions.resident` stay.
   * Those named in `into` are written there, which only memory of `Runtime.rooms` is fit for.
   */
  runResident(
    feeds: Readonly<Record<string, Tensor | Resident>>,
    into?: Readonly<Record<string, Resident>>,
  ): Promise<Given>;
  /** Frees the engine's memory. */
  release(): Promise<void>;
}

/** How a session is made. */
export interface SessionOptions {
  /** Whether the engine may rewrite the graph to make it faster. @default {true} */
  readonly optimise?: boolean;
  /** Outputs that `runResident` leaves on the device. @default {none} */
  readonly resident?: readonly string[];
  /**
   * Whether `runResident` will be called again and again on memory of `Runtime.rooms` alone, in and
   * out: its work may be captured and played back. @default {false}
   */
  readonly captures?: boolean;
}

/** Memory where an engine computes. */
export interface Rooms {
  /** Room for a tensor, with anything in it. */
  make(type: Tensor["type"], dims: readonly number[]): Resident;
  /** Frees what it was made of; all rooms must be freed before. */
  release(): Promise<void>;
}

/** An engine that runs graphs on one device. */
export interface Runtime {
  /** The device. */
  readonly device: "cpu" | "cuda" | "webgpu";
  /** Whether training keeps parameters and state where the engine computes. */
  readonly keepsResident: boolean;
  /** Whether it reads and writes memory that threads share. */
  readsShared(): boolean;
  /** How many channels its fast convolutions keep together in memory; 1 where it has none. */
  channelBlock(): Promise<number>;
  /** Memory that outputs can be written to; none where the engine makes it itself in each run. */
  rooms(): Promise<Rooms | undefined>;
  /** Makes a serialised model ready to run. */
  session(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
