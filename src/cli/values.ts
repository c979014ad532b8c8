/** Arguments of a command as they were given. */
export interface Values {
  /** All of them, as they stand behind the command's name. */
  readonly args: readonly string[];
  /** Arguments by position. */
  readonly positionals: readonly string[];
  /** The text of an option, where it was given. */
  text(name: string): string | undefined;
  /** The number of an option, where one was given. */
  number(name: string): number | undefined;
  /** Whether a flag was given. */
  flag(name: string): boolean;
}
