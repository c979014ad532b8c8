import type { LedgerRecord } from "./ledger.ts";
import type { Space, ValuesOf } from "./space.ts";

/** Options of `search`. */
export interface SearchOptions {
  /** Whether higher or lower scores are better. @default {"max"} */
  readonly mode?: "max" | "min";
  /** Seed of the values. @default {0} */
  readonly seed?: number;
  /** Folder of the ledger, from which a search that was cut off goes on. @default {none is kept} */
  readonly folder?: string;
  /** What else must be the same for a search to go on, as JSON. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** Told after each trial of it and of the best so far. */
  readonly onTrial?: (record: LedgerRecord, best: LedgerRecord) => void | Promise<void>;
  /** Ends the search; the trial at hand is not recorded. */
  readonly signal?: AbortSignal;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** A trial to be made. */
export interface Trial<S extends Space = Space> {
  /** The trial; the first is 1. */
  readonly trial: number;
  /** Its values. */
  readonly parameters: ValuesOf<S>;
  /** Epochs to train in all, where the strategy gives them; earlier calls for the trial had fewer. */
  readonly epochs: number | undefined;
  /** Ends it. */
  readonly signal: AbortSignal | undefined;
}

/** What a trial comes to: its score, and whatever else is to be kept as JSON. */
export type TrialOutcome = number | {
  /** What trials are compared by. */
  readonly score: number;
  /** Kept in the ledger. */
  readonly details?: Readonly<Record<string, unknown>>;
};

/** A trial that was made, with its values. */
export interface FinishedTrial<S extends Space = Space> extends LedgerRecord {
  /** Its values. */
  readonly values: ValuesOf<S>;
}

/** What a search came to. */
export interface SearchResult<S extends Space = Space> {
  /** Every trial as it ended last, best first, failed ones at the end. */
  readonly trials: readonly FinishedTrial<S>[];
  /** The best of them; `undefined` where none succeeded. */
  readonly best: FinishedTrial<S> | undefined;
  /** All that was recorded, in order; a trial that went on is there several times. */
  readonly records: readonly LedgerRecord[];
  /** The space. */
  readonly space: S;
  /** Whether all of the search was made. */
  readonly complete: boolean;
}
