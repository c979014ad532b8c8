/** Where a command says what it found. */
export interface Output {
  /** Whether `fit` and its kin show their progress on stderr. */
  readonly verbose: boolean;
  /** Prints a line for people; nothing under `--json`. */
  line(text?: string): void;
  /** Prints a warning for people on stderr. */
  warn(text: string): void;
}

/** Where lines of text go. */
export interface Streams {
  /** Takes a line of what was asked for. */
  out(text: string): void;
  /** Takes a line about errors and warnings. */
  err(text: string): void;
}

/** The streams of the process. */
export const PROCESS_STREAMS: Streams = {
  out: (text) => console.log(text),
  err: (text) => console.error(text),
};

/** Prints to `streams`; under `json` only the commands' objects go to `out`. */
export function outputTo(
  streams: Streams,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): Output {
  return {
    verbose: !quiet,
    line: (text = "") => json || streams.out(text),
    warn: (text) => streams.err(text),
  };
}
