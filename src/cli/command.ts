import type { Values } from "./values.ts";
import type { Option } from "./option.ts";
import type { Output } from "./output.ts";

/** A command of the command line. */
export interface Command {
  /** Its name. */
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Its arguments by position, for the help: `FILE`, `[FILE]`, `FILE…`. */
  readonly positionals: readonly string[];
  /** Its options beside the common ones. */
  readonly options: readonly Option[];
  /** Calls to show in the help, without the program's name. */
  readonly examples: readonly string[];
  /** What more there is to say in the help. */
  readonly notes?: string;
  /** Does it; gives the object that `--json` prints, and the exit status where it is not 0. */
  run(values: Values, output: Output): Promise<Result>;
}

/** What a command gives. */
export interface Result {
  /** What `--json` prints. */
  readonly json: object;
  /** Exit status. @default {0} */
  readonly status?: number;
}
