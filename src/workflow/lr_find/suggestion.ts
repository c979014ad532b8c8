/** Learning rates that a curve of losses suggests. */
export interface RateSuggestion {
  /** The middle of the longest fall of the loss; a good first choice. */
  readonly valley: number;
  /** Where the loss falls the fastest. */
  readonly steep: number;
  /** A tenth of where the loss is the lowest. */
  readonly minimum: number;
}

/**
 * Suggestions from learning rates in ascending order and the smoothed loss at each, as fastai's
 * `lr_find` makes them. `valley` is the method of Esri's ArcGIS API for Python: the middle of the
 * stretch that the longest descending subsequence of the losses is thought to span. Throws `RangeError`
 * for fewer than two points.
 */
export function suggestRates(rates: readonly number[], losses: readonly number[]): RateSuggestion {
  if (losses.length < 2) {
    throw new RangeError(`Two points of a curve at least are needed, found ${losses.length}`);
  }
  const slopes = losses.slice(1).map((loss, i) =>
    (loss - losses[i]!) / Math.log(rates[i + 1]! / rates[i]!)
  );
  return {
    valley: rates[valleyIndex(losses)]!,
    steep: rates[indexOfLeast(slopes)]!,
    minimum: rates[indexOfLeast(losses)]! / 10,
  };
}

function valleyIndex(losses: readonly number[]): number {
  // Length of the longest descending subsequence that ends at each point.
  const lengths = losses.map(() => 1);
  losses.forEach((loss, at) => {
    for (let before = 0; before < at; before++) {
      if (loss < losses[before]!) lengths[at] = Math.max(lengths[at]!, lengths[before]! + 1);
    }
  });
  const length = Math.max(...lengths);
  if (length === 1) return 0;
  const end = lengths.indexOf(length);
  const start = end - length;
  const third = length / 3;
  return Math.max(0, start + Math.floor(third) + Math.floor(third / 2));
}

function indexOfLeast(values: readonly number[]): number {
  return values.reduce((least, value, index) => value < values[least]! ? index : least, 0);
}
