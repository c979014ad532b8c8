import type { EpochRecord } from "../history.ts";
import type { TallyState } from "../tally.ts";
import type { KeptState } from "./callback_list.ts";
import type { RunKey } from "./run_key.ts";

/** The version of `RunState`. */
export const STATE_VERSION = 2;

/** What a checkpoint says beside its tensors. */
export interface RunState {
  readonly version: typeof STATE_VERSION;
  /** What the run is about. */
  readonly key: RunKey;
  /** Optimizer steps taken. */
  readonly steps: number;
  /** The epochs that ended. */
  readonly epochs: readonly EpochRecord[];
  /** Where in which epoch the run is. */
  readonly place: Place;
  /** Why a callback ended it. */
  readonly stopped?: string;
  /** What callbacks must know again. */
  readonly callbacks: readonly KeptState[];
  /** What the best epoch came to, by the policy of the checkpoints. */
  readonly best?: number;
}

/** A place in an epoch, and what the epoch came to so far. */
export interface Place {
  /** The epoch; the first is 0. */
  readonly epoch: number;
  /** Where the next batch begins, in the epoch's order. */
  readonly position: number;
  /** Seconds spent in it. */
  readonly seconds: number;
  /** Learning rate of its last step. */
  readonly learningRate: number;
  /** Its losses and answers; absent at its start. */
  readonly tally?: TallyState;
}

/** The start of an epoch. */
export function startOf(epoch: number): Place {
  return { epoch, position: 0, seconds: 0, learningRate: 0 };
}

/** `state` as this version writes it. Throws `RangeError` where it is of another version. */
export function checkVersion(state: unknown, folder: string): RunState {
  const { version } = state as Partial<RunState>;
  if (version === STATE_VERSION) return state as RunState;
  throw new RangeError(
    `The checkpoint in "${folder}" was written by another version of Graft (format ` +
      `${version ?? 1}, this one reads ${STATE_VERSION}). Remove it to start anew`,
  );
}
