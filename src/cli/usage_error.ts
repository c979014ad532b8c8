/** The arguments are wrong: the program ends with status 2. */
export class UsageError extends Error {
  /** An error that says `message`. */
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
