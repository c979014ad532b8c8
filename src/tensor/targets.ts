import { checkIndexed } from "./check_indexed.ts";
import type { Dataset, Example } from "./dataset.ts";

/**
 * The target of every example, in order; `undefined` where it is unknown. An example is read only where
 * the data set does not tell its target by itself. Throws `TypeError` for a stream; `what` asks.
 */
export async function* targetsOf(
  dataset: Dataset,
  what: string,
): AsyncGenerator<Example["target"], void, void> {
  checkIndexed(what, dataset);
  for (let index = 0; index < dataset.length; index++) {
    yield dataset.target?.(index) ?? (await dataset.get(index))?.target;
  }
}
