import type { StartEvent } from "./callback.ts";

/**
 * Counts through the runs that one callback sees after each other, such as the phases of a
 * fine-tuning: what it has seen in earlier ones comes before the steps and epochs of the one at hand.
 */
export class RunCount {
  /** Steps and epochs of the runs before. */
  #before = { steps: 0, epochs: 0 };
  #now = { steps: 0, epochs: 0 };

  /** Steps of all runs so far. */
  get steps(): number {
    return this.#before.steps + this.#now.steps;
  }

  /** Epochs of all runs so far. */
  get epochs(): number {
    return this.#before.epochs + this.#now.epochs;
  }

  /** A run begins, or goes on. */
  start({ steps, history }: Pick<StartEvent, "steps" | "history">): void {
    this.#before = { steps: this.steps, epochs: this.epochs };
    this.#now = { steps, epochs: history.epochs.length };
  }

  /** The number of a step among all. */
  step(step: number): number {
    this.#now.steps = step;
    return this.steps;
  }

  /** The number of an epoch among all. */
  epoch(epoch: number): number {
    this.#now.epochs = epoch;
    return this.epochs;
  }
}
